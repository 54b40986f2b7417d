"""Texts that their publisher took out, that were withdrawn here, or that were corrected since."""

import aiohttp

from tests.policy.documents.axes.laws import LAW, ROOT, TODAY, get


async def test_a_text_that_its_publisher_took_out_is_no_law_in_force(policy: aiohttp.ClientSession) -> None:
    _, work, _ = await get(policy, f"{ROOT}/P-1")
    assert (work["status"], work["taken_out"]) == ("not-in-force", "2023-02-01")
    _, version, _ = await get(policy, f"{ROOT}/P-1/en@2020-01-01")
    assert (version["status"], version["dates"]["taken_out"]) == ("not-in-force", "2023-02-01")
    assert version["provisions"][0]["text"] == "Taken out.", "it can still be read"
    _, before, _ = await get(policy, f"{ROOT}/P-1/en@2020-01-01?known_at=2022-12-31")
    assert (before["status"], before["dates"]["taken_out"]) == ("in-force", None)
    assert before["content_hash"] == version["content_hash"]
    for suffix in (".txt", ".md", ".html"):
        _, written, _ = await get(policy, f"{ROOT}/P-1/en@2020-01-01{suffix}")
        assert "Its publisher no longer carried this text by 2023-02-01" in written
    _, found, _ = await get(policy, "/api/v1/search?q=taken+out")
    assert {item["work"]["status"] for item in found["items"]} == {"not-in-force"}


async def test_a_withdrawn_text_leaves_a_tombstone(policy: aiohttp.ClientSession) -> None:
    for path in ("X-1", "X-1/en", "X-1/en@2020-01-01", "X-1/en@2020-01-01/~sec_1", "X-1/en@2020-05-05.txt",
                 "W-1/en@2021-01-01", "W-1/en@2021-01-01/~sec_1", "W-1/en@2021-05-05?known_at=2022-01-01",
                 "X-1/timeline", "X-1/diff", "X-1/blame", "X-1/citations", "X-1/parallel"):  # fmt: skip
        status, problem, _ = await get(policy, f"{ROOT}/{path}")
        assert (status, problem["type"]) == (410, "/docs/errors#gone"), path
        (tombstone,) = problem["tombstones"]
        assert tombstone["reason"] == "Published by mistake."
        assert tombstone["withdrawn_at"].startswith(TODAY.isoformat())
        assert tombstone["work"] == f"{ROOT}/{path.partition('/')[0]}"
    status, _, headers = await get(policy, f"{ROOT}/W-1/en")
    assert (status, headers["Location"]) == (302, f"{ROOT}/W-1/en@2020-01-01"), "what stood before stands again"
    _, work, _ = await get(policy, f"{ROOT}/W-1")
    assert [one["date"] for one in work["withdrawn"]] == ["2021-01-01"]
    _, found, _ = await get(policy, "/api/v1/search?q=goes")
    assert found["items"] == []
    _, changes, _ = await get(policy, "/api/v1/changes?after=0&limit=200")
    gone = [change["work"]["number"] for change in changes["items"] if change["event"] == "version-withdrawn"]
    assert sorted(gone) == ["W-1", "X-1"]
    _, body, _ = await get(policy, "/api/v1/jurisdictions")
    assert body["items"][0]["works"] == 5


async def test_a_citation_of_an_earlier_revision_or_a_withdrawn_text(policy: aiohttp.ClientSession) -> None:
    address = f"{LAW}/en@2021-01-01?known_at=2021-02-01"
    _, then, _ = await get(policy, address)
    async with policy.post("/api/v1/verify", json={"items": [
        {"address": address, "sha256": then["content_hash"]},
        {"address": f"{LAW}/en@2021-01-01", "sha256": then["content_hash"]},
        {"address": f"{LAW}/en@2021-01-01/~sec_4?known_at=2021-06-01", "text": "Undated."},
        {"address": f"{ROOT}/X-1/en@2020-01-01", "sha256": "0" * 64},
    ]}) as response:  # fmt: skip
        items = (await response.json())["items"]
    assert [item["state"] for item in items] == ["matched", "differs", "matched", "withdrawn"]
    assert [item["earlier_revision"] for item in items] == [None, 1, None, None]
    assert items[0]["href"] == address
    assert "Published by mistake." in items[3]["detail"]
