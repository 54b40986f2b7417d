"""Two languages side by side, and what changed in one of them only."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.answers import described, expect_described
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ACT = "/api/v1/policies/xx/act/A-1"
LAW = {
    "2020-01-15/en/A": note("A-1", texts=["One.", "Two.", "Three.", "Four."], aliases=["OLD-1"]),
    "2020-01-15/fr/A": note("A-1", lang="fr", texts=["Un.", "Deux.", "Trois.", "Quatre."], title="Loi A-1"),
    "2021-01-15/en/A": note("A-1", day="2021-01-01", texts=["One!", "Two!", "Three.", {"eid": "sec_5", "text": "5"}]),
    "2021-01-15/fr/A": note(
        "A-1", lang="fr", day="2021-01-01", title="Loi A-1",
        texts=["Un!", {"text": "Deux.", "content": "<p><b>Deux</b>.</p>"}, "Trois!", "Quatre."],
    ),
    "2021-01-15/de/A": note("A-1", lang="de", day="2021-01-01", texts=["Eins."]),
    "2020-01-15/en/B": note("B-1"),
}  # fmt: skip
BOTH = "langs=en,fr"


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


async def test_rows_hold_both_languages(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/parallel?{BOTH}&date=2020-06-30")
    assert body["versions"] == {"en": f"{ACT}/en@2020-01-01", "fr": f"{ACT}/fr@2020-01-01"}
    assert [(r["eid"], r["paired_by"], r["en"]["text"], r["fr"]["text"]) for r in body["rows"]] == [
        ("sec_1", "eid", "One.", "Un."), ("sec_2", "eid", "Two.", "Deux."), ("sec_3", "eid", "Three.", "Trois."),
        ("sec_4", "eid", "Four.", "Quatre."),
    ]  # fmt: skip
    assert (body["paired"], body["unpaired"]) == (4, {"en": 0, "fr": 0})
    assert body["work"]["titles"]["fr"] == "Loi A-1"


async def test_leftovers_pair_or_are_listed(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/parallel?{BOTH}&content=none")
    last = body["rows"][-1]
    assert (last["paired_by"], last["en"]["eid"], last["fr"]["eid"]) == ("number", "sec_5", "sec_4")
    assert "text" not in last["en"]
    body = await get(policy, f"{ACT}/parallel?langs=de,en&only=unpaired&content=html")
    assert (body["paired"], body["unpaired"]) == (1, {"de": 0, "en": 3})
    assert [(row["eid"], row["de"], row["paired_by"]) for row in body["rows"]] == [
        ("sec_2", None, None), ("sec_3", None, None), ("sec_5", None, None),
    ]  # fmt: skip
    assert "Two!" in body["rows"][0]["en"]["html"]


async def test_changes_in_one_language_only(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/parallel/differences?since=2020-01-01&{BOTH}")
    assert body["from"] == {"en": f"{ACT}/en@2020-01-01", "fr": f"{ACT}/fr@2020-01-01"}
    # sec_1 changed in both; sec_2 in English (its French only in markup); sec_3 in French; sec_5 replaced sec_4.
    assert [(item["lang"], item["eid"], item["change"]) for item in body["items"]] == [
        ("en", "sec_2", "reworded"), ("en", "sec_4", "removed"), ("en", "sec_5", "added"), ("fr", "sec_3", "reworded"),
    ]  # fmt: skip
    assert body["changed"] == {"en": 4, "fr": 2}
    second, fourth, fifth, third = body["items"]
    assert (second["from"], second["to"], second["other"]) == (
        f"{ACT}/en@2020-01-01/~sec_2", f"{ACT}/en@2021-01-01/~sec_2", f"{ACT}/fr@2021-01-01/~sec_2",
    )  # fmt: skip
    assert (fourth["to"], fourth["other"], fifth["from"]) == (None, f"{ACT}/fr@2020-01-01/~sec_4", None)
    for href in (second["from"], second["to"], second["other"], fourth["from"], fourth["other"], third["other"]):
        await get(policy, href)
    same = await get(policy, f"{ACT}/parallel/differences?since=2020-01-01&until=2020-12-31&{BOTH}")
    assert (same["items"], same["changed"]) == ([], {"en": 0, "fr": 0})


async def test_what_is_not_held_or_not_asked_rightly(policy: aiohttp.ClientSession) -> None:
    await get(policy, f"{ACT}/parallel?langs=en,pl", 404)
    await get(policy, f"{ACT}/parallel?{BOTH}&date=2019-01-01", 404)
    await get(policy, "/api/v1/policies/xx/act/B-1/parallel", 404)
    await get(policy, "/api/v1/policies/xx/act/none/parallel", 404)
    for query, pointer in (
        ("langs=en", "langs"), ("langs=en,en", "langs"), ("langs=en,fr,de", "langs"), ("date=2020", "date"),
        ("lang=en", "lang"), ("only=some", "only"),
    ):  # fmt: skip
        assert (await get(policy, f"{ACT}/parallel?{query}", 400))["errors"][0]["pointer"] == pointer
    for query, pointer in (("", "since"), ("since=x", "since"), ("since=2020-01-01&until=1", "until")):
        problem = await get(policy, f"{ACT}/parallel/differences?{query}", 400)
        assert problem["errors"][0]["pointer"] == pointer
    for last in ("parallel", "parallel/differences"):
        old = f"/api/v1/policies/xx/act/OLD-1/{last}?since=2020-01-01"
        async with policy.get(old, allow_redirects=False) as response:
            expected = (301, f"{ACT}/{last}?since=2020-01-01") if "/" in last else (400, None)
            assert (response.status, response.headers.get("Location")) == expected
    async with policy.get(f"{ACT}/parallel") as response:
        etag = response.headers["ETag"]
        assert (await response.json())["langs"] == ["de", "en"], "the first two held"
    async with policy.get(f"{ACT}/parallel", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


async def test_answers_are_as_described(policy: aiohttp.ClientSession) -> None:
    openapi = described()
    for path, status in (
        (f"{ACT}/parallel?langs=en,fr", 200),
        (f"{ACT}/parallel?langs=de,en&content=html", 200),
        (f"{ACT}/parallel?langs=en", 400),
        (f"{ACT}/parallel/differences?since=2020-01-01&langs=en,fr", 200),
        (f"{ACT}/parallel/differences?since=1999-01-01", 404),
    ):
        await expect_described(policy, openapi, "GET", path, status)
