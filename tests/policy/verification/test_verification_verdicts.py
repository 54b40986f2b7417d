"""A citation with its digest or its words, held against what is here."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ACT = "/api/v1/policies/xx/act/A-1.3"
DAY = f"{ACT}/en@2020-01-01"
MARKUP = (
    '<subsection eId="subsec_1"><num>(1)</num><content><p>To keep <b>or</b>der.</p></content></subsection>'
    '<subsection eId="subsec_2"><num>(2)</num><content><p>And\u00a0peace.</p></content></subsection>'
)
TWO = {"text": "(1) To keep order. (2) And peace.", "content": MARKUP, "note": "Purpose"}
LAW = {
    "2019-01-15/en/A": note("A-1.3", day="2019-01-01", texts=["One.", "Before."], aliases=["OLD-1"]),
    "2020-01-15/en/A": note("A-1.3", texts=["One.", "Misprint."]),
    "2020-02-15/en/A": note("A-1.3", texts=["One.", TWO]),
}
ZEROS = "0" * 64


@pytest.fixture(scope="module")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    database = databases.create()
    folder = tmp_path_factory.mktemp("law")
    for release in ("2019-01-15", "2020-01-15", "2020-02-15"):
        part = {path: text for path, text in LAW.items() if path.startswith(release)}
        await import_notes(database.policy_url, write_notes(folder / release, part))
    async with serving(database.policy_url) as session:
        yield session


async def post(policy: aiohttp.ClientSession, *items: dict[str, Any], status: int = 200) -> Any:
    async with policy.post("/api/v1/verify", json={"items": list(items)}) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def states(policy: aiohttp.ClientSession, *items: dict[str, Any]) -> list[str]:
    return [item["state"] for item in (await post(policy, *items))["items"]]


async def digests(policy: aiohttp.ClientSession) -> tuple[str, dict[str, str]]:
    """The version's, and its provisions' by eId, as they are read."""
    async with policy.get(DAY) as response:
        version = await response.json()
    return version["content_hash"], {part["eid"]: part["hash"] for part in version["provisions"]}


async def test_matched_differs_not_held_and_not_found(policy: aiohttp.ClientSession) -> None:
    whole, parts = await digests(policy)
    found = await post(
        policy,
        {"address": DAY, "sha256": whole},
        {"address": f"{DAY}/~sec_2", "sha256": parts["sec_2"].upper()},
        {"address": f"{DAY}/~sec_2", "sha256": parts["sec_1"]},
        {"address": f"{DAY}/~sec_7", "sha256": parts["sec_1"]},
        {"address": f"{DAY}/~sec_2__subsec_9", "sha256": parts["sec_2"]},
        {"address": f"{ACT}/en@2018-12-31", "sha256": whole},
        {"address": f"{ACT}/fr@2020-01-01", "sha256": whole},
        {"address": "/api/v1/policies/xx/act/A-9/en@2020-01-01", "sha256": whole},
    )
    assert [item["state"] for item in found["items"]] == [
        "matched", "matched", "differs", "not-found", "not-found", "not-held", "not-held", "not-held",
    ]  # fmt: skip
    differs = found["items"][2]
    assert (differs["href"], differs["sha256"]) == (f"{DAY}/~sec_2", parts["sec_2"]), "what is held now"
    assert [item["href"] for item in found["items"][3:]] == [DAY, DAY, None, None, None]
    assert all(item["detail"] for item in found["items"][3:])


async def test_addresses_in_every_spelling(policy: aiohttp.ClientSession) -> None:
    whole, parts = await digests(policy)
    found = await post(
        policy,
        {"address": f"https://law.example{DAY}.json", "sha256": whole},
        {"address": f"{ACT}/en@2020-07-01", "sha256": whole},
        {"address": f"{ACT}/en", "sha256": whole},
        {"address": "/api/v1/policies/xx/act/OLD-1/en@2020-01-01/~sec%5F2.html", "sha256": parts["sec_2"]},
        {"address": f"{DAY}/~sec_2__subsec_1", "sha256": parts["sec_2"]},
    )
    assert [(item["state"], item["href"]) for item in found["items"]] == [
        ("matched", DAY), ("matched", DAY), ("matched", DAY), ("matched", f"{DAY}/~sec_2"),
        ("matched", f"{DAY}/~sec_2__subsec_1"),
    ]  # fmt: skip


async def test_words_compare_whatever_their_white_space(policy: aiohttp.ClientSession) -> None:
    async with policy.get(f"{DAY}.txt") as response:
        text = await response.text()
    assert "peace" in text
    section, part = f"{DAY}/~sec_2", f"{DAY}/~sec_2__subsec_2"
    assert await states(
        policy,
        {"address": section, "text": "(1)  To keep\n order.\n\n(2) And peace.\n"},
        {"address": section, "text": "2 Purpose (1) To keep order. (2) And peace."},
        {"address": section, "text": "(1) To keep disorder. (2) And peace."},
        {"address": section, "text": ""},
        {"address": part, "text": "And peace."},
        {"address": part, "text": "And war."},
        {"address": DAY, "text": text.replace("\n", "\r\n  ")},
        {"address": DAY, "text": text.replace("peace", "war")},
        {"address": DAY, "text": ""},
        {"address": f"{DAY}/~sec_8", "text": "x"},
    ) == [
        "matched", "matched", "differs", "differs", "matched", "differs", "matched", "differs", "differs", "not-found",
    ]  # fmt: skip


async def test_a_digest_from_before_a_correction_is_recognised(policy: aiohttp.ClientSession) -> None:
    async with policy.get(DAY) as response:
        assert (await response.json())["revision"] == 2
    misprint = hashlib.sha256("\0".join(("en", "section", "2", "", "", "<p>Misprint.</p>")).encode())
    (item,) = (await post(policy, {"address": f"{DAY}/~sec_2", "sha256": misprint.hexdigest()}))["items"]
    assert (item["state"], item["earlier_revision"]) == ("differs", 1)
    (item,) = (await post(policy, {"address": f"{DAY}/~sec_1", "sha256": misprint.hexdigest()}))["items"]
    assert (item["state"], item["earlier_revision"]) == ("differs", None)


async def test_one_by_address(policy: aiohttp.ClientSession) -> None:
    whole, _ = await digests(policy)
    async with policy.get("/api/v1/verify", params={"address": DAY, "sha256": whole}) as response:
        assert response.status == 200
        etag = response.headers["ETag"]
        body = await response.json()
    assert (body["state"], body["address"]) == ("matched", DAY)
    async with policy.get(
        "/api/v1/verify", params={"address": DAY, "sha256": whole}, headers={"If-None-Match": etag}
    ) as response:
        assert response.status == 304


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"address": DAY}, "sha256"),
        ({"address": DAY, "sha256": "abc"}, "sha256"),
        ({"address": DAY, "sha256": ZEROS, "text": "x"}, "text"),
        ({"address": ACT, "sha256": ZEROS}, "address"),
        ({"address": f"{ACT}/en@2020-13-01", "sha256": ZEROS}, "address"),
        ({"address": f"{DAY}/sec_2", "sha256": ZEROS}, "address"),
        ({"address": f"{DAY}/~", "sha256": ZEROS}, "address"),
        ({"address": f"{DAY}?x=1", "sha256": ZEROS}, "address"),
        ({"address": "https://elsewhere.example/x", "sha256": ZEROS}, "address"),
    ],
)
async def test_what_cannot_be_read_is_named(policy: aiohttp.ClientSession, query: dict[str, str], pointer: str) -> None:
    async with policy.get("/api/v1/verify", params=query) as response:
        assert response.status == 400
        assert [error["pointer"] for error in (await response.json())["errors"]] == [pointer]


async def test_items_that_cannot_be_read_are_named(policy: aiohttp.ClientSession) -> None:
    wrong = await post(policy, {"address": DAY, "sha256": ZEROS}, {"address": "x", "sha256": ZEROS}, status=422)
    assert [error["pointer"] for error in wrong["errors"]] == ["#/items/1/address"]
    both = await post(policy, {"address": DAY, "sha256": ZEROS, "text": "x"}, status=422)
    assert both["errors"] == [{"detail": "needs either sha256 or text", "pointer": "#/items/0"}]
    await post(policy, {"address": DAY}, status=422)
    await post(policy, status=422)
    await post(policy, *[{"address": DAY, "sha256": ZEROS}] * 101, status=422)
    assert await states(policy, *[{"address": DAY, "sha256": ZEROS}] * 100) == ["differs"] * 100
