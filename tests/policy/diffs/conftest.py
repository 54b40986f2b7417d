"""An act with three versions in English and two in French, behind the running service."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

GEESE = "Geese are to be kept quiet at night."
BOATS = "Nobody leaves a boat & a <cart> on the slipway."
REPORT = "The council reports once a year to everybody."
NOTE = '<remark type="historical">1990, c. 2, s. 3; {}, s. 7</remark>'


def credited(text: str, credit: str) -> dict[str, Any]:
    """The fields of a provision that ends in a historical note."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;")
    return {"text": text, "content": f"<p>{shown}</p><p>{NOTE.format(credit)}</p>"}


def plain(text: str) -> dict[str, Any]:
    """The fields of a provision without one."""
    return {"text": text, "content": f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>"}


FIRST = [plain(GEESE), plain(BOATS), credited(REPORT, "2001, c. 9")]
SECOND = [
    plain(GEESE.replace("at night", "at night and at noon")),
    plain("Dogs are welcome on the quay, on a lead."),
    {**plain(BOATS), "num": "3", "eid": "sec_3"},
    {**credited(REPORT, "2001, c. 9"), "num": "4", "eid": "sec_4"},
]
THIRD = [
    SECOND[0],
    {**SECOND[2], "num": "3", "eid": "sec_3"},
    {**credited(REPORT.replace("once", "twice"), "2021, c. 4"), "num": "4", "eid": "sec_4"},
]
FOURTH = {**plain("The quay is open."), "num": "4", "eid": "sec_4"}
IN_ORDER = [{**plain(text), "num": str(n), "eid": f"sec_{n}"} for n, text in enumerate((GEESE, BOATS, REPORT), 1)] + [
    {**plain("The quay is closed."), "num": "4", "eid": "sec_4"}
]
LAW = {
    "2020-01-15/en/G-1": note("G-1", texts=FIRST, aliases=["OLD-1"]),
    "2021-01-15/en/G-1": note("G-1", day="2021-01-01", texts=SECOND, title="Note G-1, amended"),
    "2022-01-15/en/G-1": note("G-1", day="2022-01-01", texts=THIRD, title="Note G-1, amended"),
    "2020-01-15/fr/G-1": note("G-1", lang="fr", texts=["Les oies se taisent la nuit."]),
    "2021-01-15/fr/G-1": note("G-1", lang="fr", day="2021-01-01", texts=["Les oies se taisent toujours."]),
    "2020-01-15/en/MOVED": note("MOVED", texts=IN_ORDER),
    "2021-01-15/en/MOVED": note("MOVED", day="2021-01-01", texts=IN_ORDER),
    "2022-01-15/en/MOVED": note("MOVED", day="2022-01-01", texts=[IN_ORDER[2], *IN_ORDER[:2], *IN_ORDER[3:]]),
    "2023-01-15/en/MOVED": note("MOVED", day="2023-01-01", texts=[IN_ORDER[2], *IN_ORDER[:2], FOURTH]),
    "2020-01-15/en/ONE": note("ONE", texts=["The only version."]),
}


@pytest.fixture(scope="session")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAW."""
    database = databases.create()
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("changing"), LAW))
    assert report.exit_code == 0, report.lines()
    async with serving(database.policy_url) as session:
        yield session
