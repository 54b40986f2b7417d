"""Withdrawing a version in the database: what goes, what stays, and that an import does not bring it back."""

from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.documents.domain import VersionNotFound
from services.policy.documents.withdrawal import withdraw_version
from services.policy.search.indexer import index_texts
from tests.policy.imported import rows
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes

NOTES = {
    "2020-01-15/en/T-1": note("T-1", day="2020-01-01", texts=["First."]),
    "2021-01-15/en/T-1": note("T-1", day="2021-01-01", texts=["Second."]),
    "2022-01-15/en/T-1": note("T-1", day="2021-01-01", texts=["Second, mended."]),
}
HELD = (
    "SELECT date, revision, current_from::text, current_until::text FROM version JOIN work w ON w.id = work_id"
    " WHERE number = 'T-1' ORDER BY 1, 2"
)
SHOWN = "SELECT date FROM search_document WHERE number = 'T-1'"


async def _withdraw(database: DatabaseUrls, day: str, revision: int) -> None:
    connection: Any = await asyncpg.connect(database.policy_url)
    try:
        async with connection.transaction():
            version_id = await connection.fetchval(
                "SELECT id FROM version WHERE date = $1 AND revision = $2", date.fromisoformat(day), revision
            )
            gone = await withdraw_version(connection, version_id, "Published by mistake.", "account")
            await index_texts(connection, [(gone.work_id, gone.lang)])
        assert (gone.key.number, gone.date.isoformat(), gone.revision) == ("T-1", day, revision)
    finally:
        await connection.close()


async def test_the_text_before_stands_again(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path, NOTES))
    assert rows(clean_database.policy_url, SHOWN) == [(date(2021, 1, 1),)]
    await _withdraw(clean_database, "2021-01-01", 2)
    assert rows(clean_database.policy_url, HELD) == [
        (date(2020, 1, 1), 1, "-infinity", "2021-01-01"),
        (date(2021, 1, 1), 1, "2021-01-01", "infinity"),
    ]
    await _withdraw(clean_database, "2021-01-01", 1)
    assert rows(clean_database.policy_url, HELD) == [(date(2020, 1, 1), 1, "-infinity", "infinity")]
    assert rows(clean_database.policy_url, SHOWN) == [(date(2020, 1, 1),)]
    events = rows(clean_database.policy_url, "SELECT event, date, revision FROM change ORDER BY seq DESC LIMIT 2")
    assert events == [
        ("version-withdrawn", date(2021, 1, 1), 1),
        ("version-withdrawn", date(2021, 1, 1), 2),
    ]


async def test_what_was_withdrawn_stays_away(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    source = write_notes(tmp_path, NOTES)
    await import_notes(clean_database.policy_url, source)
    await _withdraw(clean_database, "2021-01-01", 2)
    held = rows(clean_database.policy_url, HELD)
    assert (await import_notes(clean_database.policy_url, source)).exit_code == 0
    assert rows(clean_database.policy_url, HELD) == held
    another = {"2023-01-15/en/T-1": note("T-1", day="2021-01-01", texts=["Second, mended anew."])}
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "more", another))
    shown = rows(clean_database.policy_url, HELD)
    assert [row[:2] for row in shown] == [(date(2020, 1, 1), 1), (date(2021, 1, 1), 1), (date(2021, 1, 1), 3)]
    assert shown[-1][2:] == ("2021-01-01", "infinity")


async def test_the_last_text_of_a_work_can_be_withdrawn(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(
        clean_database.policy_url, write_notes(tmp_path, {"2020-01-15/en/T-1": NOTES["2020-01-15/en/T-1"]})
    )
    await _withdraw(clean_database, "2020-01-01", 1)
    assert rows(clean_database.policy_url, HELD) == []
    assert rows(clean_database.policy_url, "SELECT number FROM work") == [("T-1",)]
    assert rows(clean_database.policy_url, SHOWN) == []
    assert rows(clean_database.policy_url, "SELECT reason, revision FROM tombstone") == [("Published by mistake.", 1)]


async def test_a_version_that_is_not_held_cannot_be_withdrawn(clean_database: DatabaseUrls) -> None:
    connection: Any = await asyncpg.connect(clean_database.policy_url)
    try:
        with pytest.raises(VersionNotFound):
            await withdraw_version(connection, 4711, "No reason.", "account")
    finally:
        await connection.close()
