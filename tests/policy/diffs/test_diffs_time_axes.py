"""Corrections in the timeline, redlines between revisions, what was known, and the history of a part of a provision."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.answers import described, expect_described
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ACT = "/api/v1/policies/xx/act/C-1"


def section(first: str, second: str, amended: str) -> dict[str, Any]:
    """A section of two subsections; an empty one is left out."""
    parts = [(n, text) for n, text in ((1, first), (2, second)) if text]
    content = "".join(
        f'<subsection eId="subsec_{n}"><num>({n})</num><content><p>{text}</p></content></subsection>'
        for n, text in parts
    )
    return {"text": " ".join(f"({n}) {text}" for n, text in parts), "content": content, "last_amended": amended}


def act(day: str, amended: str, *texts: dict[str, Any]) -> dict[str, Any]:
    return note("C-1", day=day, last_amended=amended, texts=texts)


LAW = {
    "2020-01-15/en/C-1": act("2020-01-01", "2020-01-01", section("Gese are quiet.", "At night.", "2020-01-01")),
    # The publisher mends a word in a text that it published before, and dates it the same.
    "2020-03-15/en/C-1": act("2020-01-01", "2020-01-01", section("Geese are quiet.", "At night.", "2020-01-01")),
    "2021-01-15/en/C-1": act("2021-01-01", "2021-01-01", section("Geese are quiet.", "", "2021-01-01")),
    # And here it gives the mended text another date, but no amendment.
    "2021-06-15/en/C-1": act("2021-06-01", "2021-01-01", section("All geese are quiet.", "", "2021-01-01")),
    "2022-01-15/en/C-1": act("2022-01-01", "2022-01-01", section("All geese are quiet.", "Always.", "2022-01-01")),
}


@pytest.fixture(scope="module")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAW."""
    database = databases.create()
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("corrected"), LAW))
    assert report.exit_code == 0, report.lines()
    async with serving(database.policy_url) as session:
        yield session


async def get(policy: aiohttp.ClientSession, path: str) -> Any:
    async with policy.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_timeline_tells_corrections_from_amendments(policy: aiohttp.ClientSession) -> None:
    items = (await get(policy, f"{ACT}/timeline"))["items"]
    assert [(i["date"], i["published"], i["change"], i["superseded"], i["current"]) for i in items] == [
        ("2022-01-01", "2022-01-15", "amendment", False, True),
        ("2021-06-01", "2021-06-15", "correction", False, False),
        ("2021-01-01", "2021-01-15", "amendment", False, False),
        ("2020-01-01", "2020-03-15", "correction", False, False),
        ("2020-01-01", "2020-01-15", "first-held", True, False),
    ]
    mended, first = items[3], items[4]
    assert mended["corrects"]["published"] == "2020-01-15"
    assert mended["corrects"]["href"] == first["href"] == f"{ACT}/en@2020-01-01?known_at=2020-01-15"
    assert mended["href"] == f"{ACT}/en@2020-01-01"
    assert items[2]["corrects"] is None
    assert (await get(policy, first["href"]))["provisions"][0]["text"].startswith("(1) Gese")
    redline = await get(policy, mended["diff"])
    assert (redline["from"]["revision"], redline["to"]["revision"]) == (1, 2)
    words = [(run["op"], run["text"].strip()) for run in redline["items"][0]["words"] if run["op"] != "equal"]
    assert words == [("delete", "Gese"), ("insert", "Geese")]


async def test_the_past_as_it_was_known(policy: aiohttp.ClientSession) -> None:
    items = (await get(policy, f"{ACT}/timeline?known_at=2021-02-01"))["items"]
    assert [(i["date"], i["revision"], i["superseded"], i["current"]) for i in items] == [
        ("2021-01-01", 1, False, True), ("2020-01-01", 2, False, False), ("2020-01-01", 1, True, False),
    ]  # fmt: skip
    items = (await get(policy, f"{ACT}/timeline?known_at=2020-02-01"))["items"]
    assert [(i["date"], i["revision"], i["superseded"], i["current"]) for i in items] == [
        ("2020-01-01", 1, True, True),
    ], "it has been corrected since"
    redline = await get(policy, f"{ACT}/diff?known_at=2021-02-01")
    assert (redline["from"]["date"], redline["to"]["date"]) == ("2020-01-01", "2021-01-01")
    blame = await get(policy, f"{ACT}/blame?known_at=2021-02-01")
    assert blame["version"]["date"] == "2021-01-01"


async def test_blame_says_which_wording_is_a_correction(policy: aiohttp.ClientSession) -> None:
    (item,) = (await get(policy, f"{ACT}/blame"))["items"]
    assert [(one["from"], one["correction"]) for one in item["ranges"]] == [
        ("2020-01-01", False), ("2021-01-01", False), ("2021-06-01", True), ("2022-01-01", False),
    ]  # fmt: skip


async def test_a_part_of_a_provision_has_a_history(policy: aiohttp.ClientSession) -> None:
    first = await get(policy, f"{ACT}/provisions/sec_1__subsec_1/history")
    assert first["eid"] == "sec_1__subsec_1"
    assert [(i["from"], i["until"], i["op"], i["correction"]) for i in first["items"]] == [
        ("2020-01-01", "2021-06-01", "first-held", False),
        ("2021-06-01", None, "changed", True),
    ]
    second = await get(policy, f"{ACT}/provisions/sec_1__subsec_2/history")
    assert [(i["from"], i["until"], i["op"]) for i in second["items"]] == [
        ("2020-01-01", "2021-01-01", "first-held"),
        ("2022-01-01", None, "added"),
    ], "taken out, and come back"
    for item in second["items"]:
        async with policy.get(f"{item['provision']['href']}.txt") as response:
            text = await response.text()
        now = "".join(run["text"] for run in item["words"] if run["op"] != "delete")
        assert text.endswith(f"{now}\n")
    for absent in ("sec_1__subsec_3", "sec_9__subsec_1"):
        async with policy.get(f"{ACT}/provisions/{absent}/history") as response:
            assert response.status == 404


async def test_answers_are_as_described(policy: aiohttp.ClientSession) -> None:
    openapi = described()
    for path in ("timeline", "timeline?known_at=2020-02-01", "blame?known_at=2021-02-01",
                 "diff?from=2020-01-01&to=2020-01-01&from_known_at=2020-01-15",
                 "provisions/sec_1__subsec_1/history"):  # fmt: skip
        await expect_described(policy, openapi, "GET", f"{ACT}/{path}", 200)
    await expect_described(policy, openapi, "GET", f"{ACT}/timeline?known_at=2019-01-01", 404)
