"""What is read in one question is, byte for byte, what is read and written out step by step."""

from collections.abc import AsyncIterator
from datetime import date

import aiohttp
import pytest

from services.policy.documents import service
from services.policy.documents.domain import Axes, Expression, WorkKey
from services.policy.documents.representations import as_json
from services.policy.documents.routes import today
from services.policy.documents.wire import Content, version_body
from shared.db import Database, open_database
from tests.conftest import Databases
from tests.policy.documents.conftest import LAW
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

AWKWARD = {
    "2024-01-15/en/Q-1": note("Q-1", title='The "Q" \\ Act\n\u2028', long_title='An "act"\t\x7f', citations=['"', "\\"],
                              subjects=["é", "\U0001f600"], status="repealed", last_amended="2019-03-01", texts=[
        {"in_force_from": "2019-01-01", "in_force_to": "2019-02-01", "num": '"1"', "heading": "\\",
         "text": 'He said "no" \\ yes/no,\na new line, a tab\t <p>, \u2028, \x7f, é 😀'},
        {"text": "", "note": "Nothing", "status": "repealed"},
    ]),
    "2024-01-15/en/E-1": note("E-1", texts=[]),
    "2024-01-15/en-CA/Q-1": note("Q-1", lang="en-CA", day="2019-01-01"),
    "2024-01-15/fr/Q-1": note("Q-1", lang="fr", day="2018-01-01", title="« Q »"),
    "2024-02-15/fr/Q-1": note("Q-1", lang="fr", day="2999-01-01", title="Q futur"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def address(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with LAW and texts whose characters JSON escapes."""
    database = databases.create()
    folder = write_notes(tmp_path_factory.mktemp("awkward"), LAW | AWKWARD)
    report = await import_notes(database.policy_url, folder)
    assert report.exit_code == 0, report.lines()
    return database.policy_url


@pytest.fixture(scope="module")
async def database(address: str) -> AsyncIterator[Database]:
    async with open_database(address, service="test") as opened:
        yield opened


@pytest.fixture(scope="module")
async def policy(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with serving(address) as session:
        yield session


async def _expressions(policy: aiohttp.ClientSession, database: Database, *, text: bool) -> list[Expression]:
    """Every version, read step by step."""
    async with policy.get("/api/v1/policies?limit=200") as response:
        items = (await response.json())["items"]
    found = []
    for item in items:
        key = WorkKey(item["jurisdiction"], item["kind"], item["number"])
        view = await service.read_work(database, key, today())
        assert isinstance(view, service.WorkView)
        for head in view.work.versions:
            wanted = service.Wanted(text=text)
            one = await service.read_version(database, key, head.lang, head.date, Axes(today()), wanted)
            assert isinstance(one, Expression)
            found.append(one)
    return found


def _href(found: Expression) -> str:
    key = found.work.key
    return f"/api/v1/policies/{key.jurisdiction}/{key.kind}/{key.number}/{found.version.lang}@{found.version.date}"


@pytest.mark.parametrize("content", ["text", "none"])
async def test_versions_are_the_same_bytes(policy: aiohttp.ClientSession, database: Database, content: Content) -> None:
    found = await _expressions(policy, database, text=content == "text")
    assert len(found) >= 9
    for one in found:
        async with policy.get(f"{_href(one)}?content={content}") as response:
            assert await response.read() == as_json(version_body(one, content, []))


async def test_provisions_are_the_same_as_in_their_version(policy: aiohttp.ClientSession, database: Database) -> None:
    for one in await _expressions(policy, database, text=True):
        whole = version_body(one, "text", [])
        above: dict[int | None, list[str]] = {None: []}
        for row, item in zip(one.provisions, whole.pop("provisions"), strict=True):
            above[row.ordinal] = [*above[row.parent], " ".join(filter(None, (row.num, row.heading)))]
            async with policy.get(f"{_href(one)}/~{row.eid}") as response:
                assert await response.read() == as_json(
                    {
                        "version": whole,
                        "provision": {**item, "href": f"{_href(one)}/~{row.eid}"},
                        "path": above[row.parent],
                        "basis": None,
                    }
                )


async def test_an_exact_address_is_that_of_a_day_with_a_version(database: Database) -> None:
    key = WorkKey("xx", "act", "A-1.3")
    wanted = service.Wanted(text=True, written=True)
    between = await service.read_version(database, key, "en", date(2020, 6, 1), Axes(today()), wanted)
    assert isinstance(between, service.Elsewhere)
    assert (between.key, between.lang, between.date) == (key, "en", date(2020, 1, 1))
    exact = await service.read_version(database, key, "en", date(2020, 1, 1), Axes(today()), wanted)
    assert isinstance(exact, Expression)
    assert exact.written
