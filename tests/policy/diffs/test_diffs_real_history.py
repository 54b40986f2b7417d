"""Real law through real amendments: redlines applied give the next version exactly, blame covers every provision.

Reads the older versions in the folder OPENPOLICY_DATA (default `../shared/data` beside the checkout): a few laws, or
all of them and every pair of their versions with OPENPOLICY_FULL=1.
"""

import os
import re
import zipfile
from collections.abc import AsyncIterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.policy.imports.canada_laws import CanadaLaws
from tests.conftest import Databases
from tests.policy.diffs.applying import apply, step_of
from tests.policy.policy_service import import_notes, serving

DATA = Path(os.environ.get("OPENPOLICY_DATA", Path(__file__).parents[4] / "shared/data")) / "canada_federal"
FULL = os.environ.get("OPENPOLICY_FULL") == "1"
SAMPLE = ("F-11.xml", "SOR-2017-109.xml", "DORS-2017-109.xml", "L-2.xml")

pytestmark = [
    pytest.mark.skipif(not (DATA / "history.zip").is_file(), reason=f"no older versions of real law in {DATA}"),
    pytest.mark.timeout(1800 if FULL else 900),
]


@pytest.fixture(scope="module")
async def law(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over the older versions of real law."""
    folder = tmp_path_factory.mktemp("history")
    with zipfile.ZipFile(DATA / "history.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and (FULL or Path(name).name in SAMPLE):
                archive.extract(name, folder)
    database = databases.create()
    report = await import_notes(database.policy_url, folder, importer=CanadaLaws())
    assert report.exit_code == 0, report.lines()
    async with serving(database.policy_url) as session:
        yield session


async def get(law: aiohttp.ClientSession, path: str) -> Any:
    async with law.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def works(law: aiohttp.ClientSession) -> list[dict[str, Any]]:
    items = (await get(law, "/api/v1/policies?limit=200"))["items"]
    return [await get(law, item["href"]) for item in items]


def dates(work: dict[str, Any]) -> dict[str, list[str]]:
    """The dates held in each language, oldest first."""
    return {
        lang: sorted(version["date"] for version in work["versions"] if version["lang"] == lang)
        for lang in work["languages"]
    }


MARK = re.compile(
    r"\A\[(?:Not in force|Non en vigueur|Related provision[^]]*|Disposition connexe[^]]*|Repealed|Abrogé)\]\n"
)


async def texts(law: aiohttp.ClientSession, href: str) -> list[str]:
    """The plain text of each provision, cut out of the whole version's, without what is noted above it."""
    async with law.get(f"{href}.txt") as response:
        whole = await response.text()
    version = await get(law, f"{href}?content=none")
    parts = whole.removeprefix(version["title"]).strip("\n").split("\n\n")
    noted = len(parts) - len(version["provisions"])
    assert all(part.startswith("[") for part in parts[:noted])
    return [MARK.sub("", part) for part in parts[noted:]]


async def test_redlines_applied_give_the_other_version_exactly(law: aiohttp.ClientSession) -> None:
    compared = changed = 0
    for work in await works(law):
        for lang, held in dates(work).items():
            read = {day: await texts(law, f"{work['href']}/{lang}@{day}") for day in held}
            for old, new in combinations(held, 2) if FULL else pairwise(held):
                body = await get(law, f"{work['href']}/diff?from={old}&to={new}&lang={lang}")
                assert apply([step_of(item) for item in body["items"]], read[old]) == read[new], (work["href"], old)
                compared += 1
                changed += len(body["items"])
    assert compared >= (60 if FULL else 8)
    assert changed > compared


async def test_blame_says_of_every_provision_since_when(law: aiohttp.ClientSession) -> None:
    credited = provisions = 0
    for work in await works(law):
        for lang, held in dates(work).items():
            body = await get(law, f"{work['href']}/blame?lang={lang}")
            shown = await get(law, f"{work['href']}/{lang}@{held[-1]}?content=none")
            assert [item["eid"] for item in body["items"]] == [p["eid"] for p in shown["provisions"]]
            for item in body["items"]:
                assert item["since"] in held
                assert item["first_held"] == (item["since"] == held[0])
                assert all(a["until"] == b["from"] for a, b in pairwise(item["ranges"]))
                assert item["ranges"][-1]["until"] is None
                if item["kind"] == "section" and item["status"] == "in-force":
                    provisions += 1
                    credited += bool(item["by"])
    assert credited / provisions > 0.5, "most sections of these laws name who enacted or amended them"


async def test_blame_agrees_with_every_version_held(law: aiohttp.ClientSession) -> None:
    """Ranges cover a provision's life, each version once; and each version reads as the range over it says."""
    amended = 0
    for work in await works(law):
        for lang, held in dates(work).items():
            read = {day: await texts(law, f"{work['href']}/{lang}@{day}") for day in held}
            items = (await get(law, f"{work['href']}/blame?lang={lang}"))["items"]
            for item, now in zip(items, read[held[-1]], strict=True):
                covering = [sum(_covers(one, day) for one in item["ranges"]) for day in held]
                life = [day >= item["ranges"][0]["from"] for day in held]
                assert covering == list(map(int, life)), (work["href"], item["eid"])
                assert all(now in read[day] for day in held if day >= item["since"]), (work["href"], item["eid"])
            changed = [item for item in items if len(item["ranges"]) > 1]
            for item in changed if FULL else changed[:3]:
                await _check_history(law, work, lang, item, read)
                amended += 1
    assert amended >= (500 if FULL else 12)


async def _check_history(
    law: aiohttp.ClientSession, work: dict[str, Any], lang: str, item: dict[str, Any], read: dict[str, list[str]]
) -> None:
    """Every version within an event reads as the event left the provision, and blame's ranges begin with events."""
    history = await get(law, f"{work['href']}/provisions/{item['eid']}/history?lang={lang}")
    assert {one["from"] for one in item["ranges"]} <= {event["from"] for event in history["items"]}
    for event in history["items"]:
        text = "".join(run["text"] for run in event["words"] if run["op"] != "delete")
        for day in (day for day in read if _covers(event, day)):
            assert text in read[day], (work["href"], item["eid"], day)


def _covers(span: dict[str, Any], day: str) -> bool:
    return span["from"] <= day and (span["until"] is None or day < span["until"])
