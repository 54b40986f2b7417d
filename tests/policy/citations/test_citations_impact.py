"""What depends on a work, step by step."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from services.policy.citations.service import follow
from shared.db import open_database
from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ROOT = "/api/v1/policies/xx/act"


def citing(number: str, *cited: str, **more: Any) -> dict[str, Any]:
    """An act that cites others."""
    references = [[f"/akn/xx/act/{other}", other] for other in cited]
    return note(number, texts=[{"text": "See.", "references": references}], **more)


LAW = {
    "2019-01-15/en/D": citing("D", "A", day="2019-01-01"),  # since changed to cite nothing
    "2020-01-15/en/D": citing("D"),
    "2020-01-15/en/A": citing("A", "C", aliases=["OLD-A"]),  # a circle: A > C > B > A
    "2020-01-15/en/B": citing("B", "OLD-A", "A"),
    "2020-01-15/fr/B": citing("B", "A", lang="fr", title="Loi B"),
    "2020-01-15/en/C": citing("C", "B"),
    "2020-01-15/en/E": citing("E", "C", "B"),
    "2020-01-15/en/R": note("R", kind="regulation", enabling=["/akn/xx/act/A"]),
    "2020-01-15/en/Z": citing("Z", "R"),  # an act R, which is not the regulation R
}


@pytest.fixture(scope="module")
async def law(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    database = databases.create()
    await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("law"), LAW))
    return database.policy_url


@pytest.fixture(scope="module")
async def policy(law: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with serving(law) as session:
        yield session


async def get(policy: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with policy.get(path) as response:
        assert response.status == status, await response.text()
        return await response.json()


def steps(body: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(item["depth"], item["work"]["number"], item["via"]["number"]) for item in body["items"]]


async def test_dependants_come_once_at_their_least_depth_and_circles_end(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ROOT}/A/impact?depth=5")
    assert steps(body) == [(1, "B", "A"), (1, "R", "A"), (2, "C", "B"), (2, "E", "B")]
    assert [level["works"] for level in body["levels"]] == [2, 2, 0, 0, 0]
    assert body["levels"][0]["kinds"] == {"act": 1, "regulation": 1}
    assert body["complete"] is True
    assert [item["relations"] for item in body["items"]][:2] == [["cites"], ["enabled-by"]]


async def test_depth_and_relation_narrow_it(policy: aiohttp.ClientSession) -> None:
    assert [number for _, number, _ in steps(await get(policy, f"{ROOT}/A/impact"))] == ["B", "R"]
    made = await get(policy, f"{ROOT}/A/impact?depth=3&relation=enabled-by&lang=fr")
    assert steps(made) == [(1, "R", "A")]
    french = await get(policy, f"{ROOT}/A/impact?lang=fr&relation=cites")
    assert french["items"][0]["work"]["title"] == "Loi B"


async def test_pages_are_the_whole_list(policy: aiohttp.ClientSession) -> None:
    whole = (await get(policy, f"{ROOT}/A/impact?depth=3"))["items"]
    path, read = f"{ROOT}/A/impact?depth=3&limit=1", []
    while path:
        body = await get(policy, path)
        assert sum(level["works"] for level in body["levels"]) == 4
        read += body["items"]
        path = body["page"]["next"]
    assert read == whole


async def test_addresses_and_parameters(policy: aiohttp.ClientSession) -> None:
    async with policy.get(f"{ROOT}/OLD-A/impact?depth=2", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (301, f"{ROOT}/A/impact?depth=2")
    await get(policy, f"{ROOT}/none/impact", 404)
    for wrong in ("depth=0", "depth=6", "direction=in"):
        problem = await get(policy, f"{ROOT}/A/impact?{wrong}", 400)
        assert problem["errors"][0]["pointer"] == wrong.partition("=")[0]
    async with policy.get(f"{ROOT}/A/impact") as response:
        etag = response.headers["ETag"]
    async with policy.get(f"{ROOT}/A/impact", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


async def test_following_is_bounded_and_says_so(law: str) -> None:
    today = datetime.now(UTC).date()
    async with open_database(law, service="test") as database, database.transaction(readonly=True) as connection:
        root = await connection.fetchval("SELECT id FROM work WHERE number = 'A'")
        found, complete = await follow(connection, root, 5, ("cites", "enabled-by"), today, most=3)
        assert (len(found), complete) == (3, False)
        found, complete = await follow(connection, root, 5, ("cites", "enabled-by"), today, most=4)
        assert (len(found), complete) == (4, True)
