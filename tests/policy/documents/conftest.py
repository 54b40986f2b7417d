"""A small body of law that the tests of the read API share, behind the running service."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

MARKUP = (
    '<subsection eId="subsec_1"><num>(1)</num><content><p>To keep <b>or</b>der.</p></content></subsection>'
    '<subsection eId="subsec_2"><num>(2)</num><content><p>And peace.</p><list eId="subsec_2__list_1">'
    '<point eId="subsec_2__para_a"><num>(a)</num><content><p>Quiet.</p></content></point></list></content></subsection>'
)
TREE = [
    {"kind": "part", "eid": "part_1", "level": 0, "num": "Part 1", "heading": "General", "text": "", "content": ""},
    {
        "eid": "sec_2.1",
        "level": 1,
        "num": "2.1",
        "note": "Purpose",
        "text": "(1) To keep order. (2) And peace.",
        "content": MARKUP,
    },
    {"eid": "sec_3", "level": 1, "num": "3", "text": "Not yet.", "status": "not-in-force"},
    {"kind": "attachment", "eid": "sched_1", "level": 0, "num": "Schedule", "heading": "Forms", "text": "Form A."},
]

LAW = {
    "2020-01-15/en/A-1.3": note("A-1.3", day="2020-01-01", texts=["Old."], aliases=["OLD-1"]),
    "2021-01-15/en/A-1.3": note("A-1.3", day="2021-01-01", texts=TREE, citations=["c. A-1.3"], subjects=["peace"]),
    "2021-01-15/fr/A-1.3": note("A-1.3", lang="fr", day="2021-01-01", texts=["Ancien."], title="Loi sur la paix"),
    "2024-01-15/en/F-9": note("F-9", day="2999-01-01", texts=["Of the future."], title="Future Act"),
    "2022-01-15/en/R-1": note("R-1", kind="regulation", status="repealed", title="Émigration Regulations",
                              enabling=["/akn/xx/act/A-1.3", "/akn/xx/act/absent"]),
    "2022-01-15/en/R-2": note("R-2", kind="regulation", jurisdiction="yy",
                              texts=[{"text": "See A-1.3.", "references": [["/akn/xx/act/OLD-1/~sec_3", "A-1.3"]]}]),
    "2022-01-15/en/T-1": note("T-1", texts=["First print."]),
    "2022-02-15/en/T-1": note("T-1", texts=["Corrected print."]),
}  # fmt: skip


@pytest.fixture(scope="session")
async def law(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database that holds LAW."""
    database = databases.create()
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("law"), LAW))
    assert report.exit_code == 0, report.lines()
    return database.policy_url


@pytest.fixture(scope="session")
async def policy(law: str) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAW."""
    async with serving(law) as session:
        yield session
