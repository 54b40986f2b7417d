"""People at work on acts that are all alike: each test has one of its own, in a database that they share."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import aiohttp
import psycopg
import pytest

from shared.permissions import Role
from tests.conftest import Databases
from tests.policy.editorial.editors import DRAFTS, Person
from tests.policy.imported import SEES_ALL
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

TODAY = datetime.now(UTC).date()
ACTS = 180
SECTIONS = [
    {"kind": "part", "eid": "part_1", "level": 0, "num": "Part 1", "heading": "General", "text": "", "content": ""},
    {"eid": "sec_1", "level": 1, "num": "1", "heading": "Purpose", "text": "To keep the peace of the harbour."},
    {"eid": "sec_2", "level": 1, "num": "2", "text": "Nobody rings a bell at night.",
     "references": [["/akn/xx/act/B-2/~sec_1", "the Bells Act"]]},
    {"eid": "sec_3", "level": 1, "num": "3", "text": "The harbour master keeps a lantern."},
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Office:
    """Who works here, and on which act."""

    eve: Person
    """An editor."""
    sam: Person
    """Another editor."""
    rita: Person
    """A reviewer."""
    adam: Person
    """Another reviewer."""
    anna: Person
    """An administrator, who reads drafts and decides on none."""
    reader: Person
    nobody: Person
    url: str
    """The address of the database."""
    act: str
    """The address of the act: two versions, the last of 2021."""

    async def begun(self, **more: Any) -> str:
        """A draft of Eve's from the last text of the act."""
        answer, _ = await self.eve.expect(201, "POST", DRAFTS, {"base": f"{self.act}/en@2021-01-01", **more})
        return str(answer["id"])

    async def submitted(self, source: str = "Nobody rings a *bell* at all.") -> str:
        """A draft with section 2 written anew, in the reviewers' hands."""
        draft = await self.begun()
        await self.eve.write(draft, "sec_2", source)
        await self.eve.do(draft, "submit")
        return draft

    async def approved(self, source: str = "Nobody rings a *bell* at all.") -> str:
        """The same, approved by Rita."""
        draft = await self.submitted(source)
        await self.rita.do(draft, "approve")
        return draft

    async def published(self, source: str, day: date = TODAY) -> None:
        """A further text of the act, by Sam."""
        answer, _ = await self.sam.expect(201, "POST", DRAFTS, {"base": f"{self.act}/en@2021-01-01"})
        await self.sam.write(answer["id"], "sec_2", source)
        await self.sam.do(answer["id"], "submit")
        await self.rita.do(answer["id"], "approve")
        await self.rita.do(answer["id"], "publish", {"date": day.isoformat()})

    async def changes(self) -> int:
        """The number of the last change, to read on from."""
        body, _ = await self.nobody.expect(200, "GET", "/api/v1/changes?after=0&limit=1")
        return int(body["last"])

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the service's own role reads of the database, for nobody in particular."""
        with psycopg.connect(self.url, options=SEES_ALL) as connection:
            return connection.execute(query.encode(), parameters).fetchall()


@pytest.fixture(scope="session")
async def house(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """The service over many acts, and the address of its database."""
    database = databases.create()
    law = {"2021-01-15/en/B-2": note("B-2", day="2021-01-01", texts=["Bells."], title="Bells Act")}
    for number in range(1, ACTS + 1):
        name = f"A-{number}"
        law[f"2020-01-15/en/{name}"] = note(name, day="2020-01-01", texts=["Old."])
        law[f"2021-01-15/en/{name}"] = note(
            name, day="2021-01-01", texts=SECTIONS, citations=[f"c. {name}"], enabling=["/akn/xx/act/B-2"]
        )
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("law"), law))
    assert report.exit_code == 0, report.lines()
    async with serving(database.policy_url) as session:
        yield database.policy_url, session


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Acts that no test has had."""
    return iter(count(1))


@pytest.fixture
def office(house: tuple[str, aiohttp.ClientSession], numbers: Iterator[int]) -> Office:
    """An act, and the people who work on it."""
    url, session = house
    number = next(numbers)
    assert number <= ACTS
    roles = (Role.EDITOR, Role.EDITOR, Role.REVIEWER, Role.REVIEWER, Role.ADMIN, Role.READER, Role.ANONYMOUS)
    eve, sam, rita, adam, anna, reader, nobody = (
        Person(session, f"{number:08}-0000-4000-8000-00000000000{at}", role) for at, role in enumerate(roles, 1)
    )
    return Office(eve, sam, rita, adam, anna, reader, nobody, url, f"/api/v1/policies/xx/act/A-{number}")
