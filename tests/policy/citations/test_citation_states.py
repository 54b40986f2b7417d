"""Unresolved citations told apart, filters by relation and state, and counts."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

CITED = "/api/v1/policies/xx/act/A-1"
CITING = "/api/v1/policies/xx/regulation/R-2"
INNER = '<subsection eId="subsec_1"><num>(1)</num><content><p>Here.</p></content></subsection>'
REFERENCES = [
    ["/akn/xx/act/A-1", "the Act"],
    ["/akn/xx/act/A-1/~sec_1", "section 1"],
    ["/akn/xx/act/A-1/~sec_1__subsec_1", "subsection 1(1)"],
    ["/akn/xx/act/A-1/~sec_1__subsec_2", "subsection 1(2)"],
    ["/akn/xx/act/A-1/~sec_9", "section 9, since repealed"],
    ["/akn/xx/act/A-2", "another Act"],
    ["/akn/zz/act/A-1", "an Act of Zedland"],
    ["", "that Act"],
]
LAW = {
    "2019-01-15/en/A-1": note("A-1", day="2019-01-01", texts=["One.", {"eid": "sec_9", "text": "Nine."}]),
    "2020-01-15/en/A-1": note("A-1", aliases=["OLD-1"], texts=[{"text": "(1) Here.", "content": INNER}]),
    "2020-01-15/en/R-2": note(
        "R-2", kind="regulation", enabling=["/akn/xx/act/OLD-1"],
        texts=[{"text": "x", "num": "4.1", "references": REFERENCES}],
    ),
}  # fmt: skip
STATES = ["resolved", "resolved", "resolved", "resolved", "not-found", "not-found", "not-held", "outside", "outside"]


@pytest.fixture(scope="module")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    database = databases.create()
    await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("law"), LAW))
    async with serving(database.policy_url) as session:
        yield session


async def get(policy: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with policy.get(path) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def test_each_citation_says_whether_its_target_is_held(policy: aiohttp.ClientSession) -> None:
    items = (await get(policy, f"{CITING}/citations"))["items"]
    assert [item["to"]["state"] for item in items] == STATES
    assert items[1]["from"]["num"] == "4.1"
    assert [item["to"]["href"] for item in items[:6]] == [
        CITED, CITED, f"{CITED}/en@2020-01-01/~sec_1", f"{CITED}/en@2020-01-01/~sec_1__subsec_1", CITED, CITED,
    ]  # fmt: skip
    assert [item["to"]["work"] for item in items[6:]] == [None] * 3
    for item in items[:6]:
        await get(policy, item["to"]["href"])


async def test_counts_by_state_cover_the_whole_list(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{CITING}/citations?count=exact&limit=2")
    assert len(body["items"]) == 2
    assert body["total"] == {"value": 9, "exact": True}
    assert body["states"] == {"resolved": 4, "not-found": 2, "not-held": 1, "outside": 2}
    incoming = await get(policy, f"{CITED}/citations?direction=in&count=exact&relation=cites")
    assert incoming["states"] == {"resolved": 3, "not-found": 2, "not-held": 0, "outside": 0}


async def test_filters(policy: aiohttp.ClientSession) -> None:
    enabling = (await get(policy, f"{CITING}/citations?relation=enabled-by"))["items"]
    assert [item["to"]["frbr_uri"] for item in enabling] == ["/akn/xx/act/OLD-1"]
    assert enabling[0]["to"]["work"]["number"] == "A-1"
    missing = (await get(policy, f"{CITING}/citations?state=not-held"))["items"]
    assert [item["label"] for item in missing] == ["another Act"]
    made_under = (await get(policy, f"{CITED}/citations?direction=in&relation=enabled-by"))["items"]
    assert [item["from"]["work"]["number"] for item in made_under] == ["R-2"]
    for wrong in ("relation=likes", "state=lost", "count=all", "depth=2"):
        problem = await get(policy, f"{CITING}/citations?{wrong}", 400)
        assert problem["errors"][0]["pointer"] == wrong.partition("=")[0]


async def test_a_cursor_belongs_to_its_filters(policy: aiohttp.ClientSession) -> None:
    following = (await get(policy, f"{CITING}/citations?relation=cites&limit=1"))["page"]["next"]
    assert len((await get(policy, following))["items"]) == 1
    await get(policy, following.replace("relation=cites", "relation=enabled-by"), 400)
