"""A small body of law in a database of its own for each test that writes drafts, and the people who do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from shared.permissions import Role
from tests.policy.editorial.editors import ACT, DRAFTS, Person
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

SECTIONS = [
    {"kind": "part", "eid": "part_1", "level": 0, "num": "Part 1", "heading": "General", "text": "", "content": ""},
    {"eid": "sec_1", "level": 1, "num": "1", "heading": "Purpose", "text": "To keep the peace of the harbour."},
    {"eid": "sec_2", "level": 1, "num": "2", "text": "Nobody rings a bell at night.",
     "references": [["/akn/xx/act/B-2/~sec_1", "the Bells Act"]]},
    {"eid": "sec_3", "level": 1, "num": "3", "text": "The harbour master keeps a lantern."},
]  # fmt: skip
LAW = {
    "2020-01-15/en/A-1": note("A-1", day="2020-01-01", texts=["Old."]),
    "2021-01-15/en/A-1": note(
        "A-1", day="2021-01-01", texts=SECTIONS, citations=["c. A-1"], enabling=["/akn/xx/act/B-2"]
    ),
    "2021-01-15/en/B-2": note("B-2", day="2021-01-01", texts=["Bells."], title="Bells Act"),
}


@dataclass(frozen=True, slots=True)
class Office:
    """Who works here, and where."""

    eve: Person
    """An editor."""
    sam: Person
    """Another editor."""
    rita: Person
    """A reviewer."""
    adam: Person
    """An administrator."""
    reader: Person
    nobody: Person
    url: str
    """The address of the database."""

    async def begun(self, **more: Any) -> str:
        """A draft of Eve's from the last text of the act."""
        body = {"base": f"{ACT}/en@2021-01-01", **more}
        answer, _ = await self.eve.expect(201, "POST", DRAFTS, body)
        return str(answer["id"])

    async def approved(self, source: str = "Nobody rings a *bell* at all.") -> str:
        """A draft with one section written anew, submitted and approved."""
        draft = await self.begun()
        await self.eve.write(draft, "sec_2", source)
        await self.eve.do(draft, "submit")
        await self.rita.do(draft, "approve")
        return draft


@pytest.fixture
async def office(clean_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Office]:
    """The service over LAW, and its people."""
    report = await import_notes(clean_database.policy_url, write_notes(tmp_path / "law", LAW))
    assert report.exit_code == 0, report.lines()
    async with serving(clean_database.policy_url) as session:
        roles = (Role.EDITOR, Role.EDITOR, Role.REVIEWER, Role.ADMIN, Role.READER, Role.ANONYMOUS)
        eve, sam, rita, adam, reader, nobody = (
            Person(session, f"00000000-0000-4000-8000-00000000000{at}", role) for at, role in enumerate(roles, 1)
        )
        yield Office(eve, sam, rita, adam, reader, nobody, clean_database.policy_url)
