"""What stood on a day (as_of), what was known by a day (known_at), corrections, and days before the first text held."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest

from services.policy.documents.withdrawal import withdraw_version
from services.policy.search.indexer import index_texts
from tests.conftest import Databases
from tests.policy.answers import described, expect_described
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ROOT = "/api/v1/policies/xx/act"
LAW = f"{ROOT}/L-1"
OLD = {"in_force_from": "1990-05-01", "last_amended": "1995-06-01"}
SINCE = {"in_force_from": "2010-01-01"}
FIRST = [{"text": "Peace.", **OLD}, {"text": "Order.", **OLD}, {"text": "Calm.", **SINCE}, "Undated."]
SECOND = [{"text": "Peace.", **OLD}, {"text": "Good order.", **OLD}, {"text": "Calm.", **SINCE}, "Undated."]
LAWS = {
    "2020-02-01/en/L-1": note("L-1", day="2020-01-01", texts=FIRST),
    "2021-02-01/en/L-1": note("L-1", day="2021-01-01", texts=SECOND, title="Law of 2021"),
    "2022-02-01/en/L-1": note("L-1", day="2021-01-01", texts=[*SECOND[:3], "Mended."], title="Law of 2021"),
    "2022-02-01/fr/L-1": note("L-1", lang="fr", day="2021-01-01", texts=["La paix."], title="Loi"),
    "2021-02-01/en/M-1": note("M-1", day="2021-01-01", texts=["Only since 2021."]),
    "2022-02-01/en/P-1": note("P-1", day="2020-01-01", texts=["Taken out."]),
    "removed/2023-02-01/en/P-1": note("P-1", day="2020-01-01", texts=["Taken out."]),
    "2020-02-01/en/W-1": note("W-1", day="2020-01-01", texts=["Stays."]),
    "2021-02-01/en/W-1": note("W-1", day="2021-01-01", texts=["Goes."]),
    "2020-02-01/en/C-1": note("C-1", day="2020-01-01", kind="order",
                              texts=[{"text": "See L-1.", "references": [["/akn/xx/act/L-1", "L-1"]]}]),
    "2021-02-01/en/C-1": note("C-1", day="2021-01-01", kind="order", texts=["See nothing."]),
    "2020-02-01/en/X-1": note("X-1", day="2020-01-01", texts=["All of it goes."]),
}  # fmt: skip
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAWS, of which the last of W-1 and all of X-1 are withdrawn."""
    database = databases.create()
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("laws"), LAWS))
    assert report.exit_code == 0, report.lines()
    connection: Any = await asyncpg.connect(database.policy_url)
    gone = await connection.fetch(
        "SELECT v.id FROM version v JOIN work w ON w.id = v.work_id"
        " WHERE w.number = 'X-1' OR w.number = 'W-1' AND v.date = '2021-01-01'"
    )
    async with connection.transaction():
        for row in gone:
            buried = await withdraw_version(connection, row["id"], "Published by mistake.", "account")
            await index_texts(connection, [(buried.work_id, buried.lang)])
    await connection.close()
    async with serving(database.policy_url) as session:
        yield session


async def get(policy: aiohttp.ClientSession, path: str) -> tuple[int, Any, Any]:
    async with policy.get(path, allow_redirects=False) as response:
        body = await response.json() if response.content_type.endswith("json") else await response.text()
        return response.status, body, response.headers


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        (f"{LAW}/en?as_of=2020-06-01", f"{LAW}/en@2020-01-01"),
        (f"{LAW}/en?as_of=2021-06-01&content=none", f"{LAW}/en@2021-01-01?content=none"),
        (f"{LAW}/en@2021-01-01?as_of=2021-01-01", f"{LAW}/en@2021-01-01"),
        (f"{LAW}/en@2021-01-01/~sec_1?as_of=2020-06-01", f"{LAW}/en@2020-01-01/~sec_1"),
        (f"{LAW}/en?known_at=2021-01-31", f"{LAW}/en@2020-01-01?known_at=2021-01-31"),
        (f"{LAW}/en?known_at=2021-02-01", f"{LAW}/en@2021-01-01?known_at=2021-02-01"),
        (f"{LAW}/en@2021-05-05?known_at=2020-12-31", f"{LAW}/en@2020-01-01?known_at=2020-12-31"),
        (f"{LAW}/en/~sec_1?as_of=2020-06-01", f"{LAW}/en@2020-01-01/~sec_1"),
        (f"{LAW}/en?as_of=1999-01-01&partial=true", f"{LAW}/en@1999-01-01?partial=true"),
    ],
)
async def test_both_axes_lead_to_a_version(policy: aiohttp.ClientSession, asked: str, location: str) -> None:
    status, _, headers = await get(policy, asked)
    assert (status, headers["Location"]) == (302, location)


async def test_a_correction_is_known_from_the_day_it_was_published(policy: aiohttp.ClientSession) -> None:
    _, now, headers = await get(policy, f"{LAW}/en@2021-01-01")
    assert (now["revision"], now["provisions"][3]["text"], now["corrected"]) == (2, "Mended.", None)
    assert headers["Link"] == f'<{LAW}/en@2021-01-01>; rel="canonical"'
    _, then, headers = await get(policy, f"{LAW}/en@2021-01-01?known_at=2021-12-31")
    assert (then["revision"], then["provisions"][3]["text"]) == (1, "Undated.")
    assert then["corrected"] == f"{LAW}/en@2021-01-01"
    assert then["known_at"] == "2021-12-31"
    assert then["previous"] == f"{LAW}/en@2020-01-01?known_at=2021-12-31"
    assert then["languages"] == {"en": f"{LAW}/en@2021-01-01?known_at=2021-12-31"}, "French came only in 2022"
    permanent = f"{LAW}/en@2021-01-01?known_at=2021-02-01"
    assert headers["Link"] == f'<{permanent}>; rel="canonical"'
    _, again, _ = await get(policy, permanent)
    assert again["content_hash"] == then["content_hash"] != now["content_hash"]
    _, part, headers = await get(policy, f"{LAW}/en@2021-01-01/~sec_4?known_at=2021-12-31")
    assert part["provision"]["text"] == "Undated."
    assert headers["Link"] == f'<{LAW}/en@2021-01-01/~sec_4?known_at=2021-02-01>; rel="canonical"'
    _, text, _ = await get(policy, f"{LAW}/en@2021-01-01.txt?known_at=2021-12-31")
    assert f"[Its publisher has corrected this text since; the text of this date is at {LAW}/en@2021-01-01.]" in text


async def test_a_work_as_it_stood_and_as_it_was_known(policy: aiohttp.ClientSession) -> None:
    _, work, _ = await get(policy, f"{LAW}?as_of=2020-06-01")
    assert (work["title"], work["date"], work["as_of"]) == ("Note L-1", "2020-01-01", "2020-06-01")
    assert len(work["versions"]) == 3, "as_of hides nothing"
    _, work, _ = await get(policy, f"{LAW}?known_at=2021-12-31")
    assert (work["title"], work["languages"]) == ("Law of 2021", ["en"])
    assert [(v["date"], v["revision"], v["href"]) for v in work["versions"]] == [
        ("2021-01-01", 1, f"{LAW}/en@2021-01-01?known_at=2021-12-31"),
        ("2020-01-01", 1, f"{LAW}/en@2020-01-01?known_at=2021-12-31"),
    ]
    _, tomorrow, _ = await get(policy, f"{LAW}?known_at={TODAY + timedelta(days=1)}")
    assert tomorrow == (await get(policy, LAW))[1], "everything held is known by then"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["L-1", "M-1", "P-1", "W-1"]),
        ("?lang=fr", ["L-1"]),
        ("?as_of=2020-06-01", ["L-1", "P-1", "W-1"]),
        ("?as_of=2019-06-01", []),
        ("?known_at=2020-12-31", ["L-1", "W-1"]),
        ("?known_at=2021-12-31&lang=fr", []),
        ("?known_at=2021-12-31&as_of=2020-06-01&sort=date", ["W-1", "L-1"]),
        ("?status=not-in-force", ["P-1"]),
        ("?status=not-in-force&as_of=2022-06-01", []),
        ("?status=not-in-force&known_at=2022-06-01", []),
    ],
)
async def test_lists_on_both_axes(policy: aiohttp.ClientSession, query: str, numbers: list[str]) -> None:
    status, body, _ = await get(policy, f"/api/v1/policies{query}{'&' if query else '?'}count=exact&kind=act")
    assert status == 200, body
    assert ([item["number"] for item in body["items"]], body["total"]["value"]) == (numbers, len(numbers))


async def test_pages_of_what_was_known_hold_together(policy: aiohttp.ClientSession) -> None:
    path, seen = "/api/v1/policies?known_at=2022-12-31&kind=act&limit=1&sort=date", []
    while path:
        _, body, _ = await get(policy, path)
        seen += [item["number"] for item in body["items"]]
        path = body["page"]["next"]
    assert sorted(seen) == ["L-1", "M-1", "P-1", "W-1"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"{LAW}?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}/fr?known_at=2021-06-01", 404, "not-held"),
        (f"{ROOT}/M-1/en@2021-01-01?known_at=2020-06-01", 404, "not-held"),
        ("/api/v1/policies?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}?as_of=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?as_of=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?as_of=2021-1-1", 400, "invalid-request"),
        (f"{LAW}/en?known_at=yesterday", 400, "invalid-request"),
        (f"{LAW}/en@1999-01-01?partial=1", 400, "invalid-request"),
        (f"{LAW}/en@1999-01-01.xml?partial=true", 406, "not-acceptable"),
        (f"{LAW}/en@1999-01-01/~sec_1.xml", 406, "not-acceptable"),
        (f"{LAW}/en@1999-01-01/~sec_2", 404, "not-held"),  # two wordings are held
        (f"{LAW}/en@1993-01-01/~sec_1", 404, "not-held"),  # amended since
        (f"{LAW}/en@1999-01-01/~sec_4", 404, "not-held"),  # no date says since when
        (f"{LAW}/en@1999-01-01/~sec_3", 404, "not-found"),  # in force only since 2010
        (f"{LAW}/en@1999-01-01/~sec_9", 404, "not-found"),
    ],
)
async def test_what_cannot_be_given(policy: aiohttp.ClientSession, path: str, status: int, kind: str) -> None:
    found, problem, _ = await get(policy, path)
    assert (found, problem["type"]) == (status, f"/docs/errors#{kind}")
    assert problem["detail"]


async def test_a_provision_that_stands_unchanged_is_given_before_the_first_text(policy: aiohttp.ClientSession) -> None:
    status, body, headers = await get(policy, f"{LAW}/en@1999-01-01/~sec_1")
    assert (status, body["provision"]["text"]) == (200, "Peace.")
    assert body["basis"] == {
        "kind": "unchanged-since", "since": "1995-06-01", "asked": "1999-01-01", "first_held": "2020-01-01",
    }  # fmt: skip
    assert body["version"]["date"] == "2020-01-01"
    assert "Link" not in headers, "this is no permanent address"
    _, text, _ = await get(policy, f"{LAW}/en@1999-01-01/~sec_1.txt")
    assert "[Not a text held for 1999-01-01" in text
    assert "Peace." in text
    _, held, _ = await get(policy, f"{LAW}/en@2020-01-01/~sec_1")
    assert held["basis"] is None


async def test_the_whole_text_before_the_first_is_given_in_part(policy: aiohttp.ClientSession) -> None:
    status, problem, _ = await get(policy, f"{LAW}/en@1999-01-01")
    assert (status, problem["type"]) == (404, "/docs/errors#not-held")
    assert problem["first_held"] == {"date": "2020-01-01", "href": f"{LAW}/en@2020-01-01"}
    status, body, _ = await get(policy, problem["partial"])
    assert (status, body["complete"], body["asked"]) == (200, False, "1999-01-01")
    assert body["counts"] == {"given": 1, "not-held": 2, "not-in-force": 1}
    assert [(item["eid"], item["state"], item.get("text")) for item in body["provisions"]] == [
        ("sec_1", "given", "Peace."),
        ("sec_2", "not-held", None),
        ("sec_3", "not-in-force", None),
        ("sec_4", "not-held", None),
    ]
    for suffix, words in ((".txt", "[2: how it read on that day is not held]"), (".md", "> **3: not in force"),
                          (".html", '<p class="mark"><strong>3: not in force on that day</strong></p>')):  # fmt: skip
        _, written, _ = await get(policy, f"{LAW}/en@1999-01-01{suffix}?partial=true")
        assert words in written
        assert "Order." not in written
        assert "1 of 4 provisions" in written
    status, whole, _ = await get(policy, f"{LAW}/en@2020-01-01?partial=true")
    assert (status, len(whole["provisions"])) == (200, 4), "a text that is held is given as a whole"


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


async def test_two_languages_as_they_were_known(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, f"{LAW}/parallel?langs=en,fr&known_at=2022-12-31")
    assert body["versions"] == {"en": f"{LAW}/en@2021-01-01", "fr": f"{LAW}/fr@2021-01-01"}
    status, problem, _ = await get(policy, f"{LAW}/parallel?langs=en,fr&known_at=2021-12-31")
    assert (status, problem["type"]) == (404, "/docs/errors#not-found"), "French came only in 2022"
    status, _, _ = await get(policy, f"{LAW}/parallel/differences?since=2021-01-01&known_at=2019-01-01")
    assert status == 404


async def test_citations_of_the_texts_of_a_day(policy: aiohttp.ClientSession) -> None:
    for path in ("order/C-1/citations?direction=out", "act/L-1/citations?direction=in"):
        for query, count in (("", 0), ("&as_of=2020-06-01", 1), ("&as_of=2021-06-01", 0)):
            _, body, _ = await get(policy, f"/api/v1/policies/xx/{path}{query}")
            assert len(body["items"]) == count, (path, query)


async def test_answers_are_as_described(policy: aiohttp.ClientSession) -> None:
    openapi = described()
    for path, status in (
        (f"{LAW}?known_at=2021-12-31", 200),
        (f"{LAW}/en@2021-01-01?known_at=2021-12-31", 200),
        (f"{LAW}/en@1999-01-01?partial=true", 200),
        (f"{LAW}/en@1999-01-01/~sec_1", 200),
        (f"{LAW}/en@1999-01-01", 404),
        (f"{ROOT}/X-1", 410),
        (f"{ROOT}/W-1", 200),
        ("/api/v1/policies?as_of=2020-06-01&known_at=2022-01-01", 200),
        ("/api/v1/policies?known_at=2010-01-01", 404),
        (f"{LAW}/parallel?known_at=2022-12-31", 200),
    ):
        await expect_described(policy, openapi, "GET", path, status)
