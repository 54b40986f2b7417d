"""The log of changes: every content change once, in order, without a gap."""

from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.policy.exports.conftest import LAW, publish
from tests.policy.exports.export_reader import read_changes, read_json
from tests.policy.imported import rows
from tests.policy.notes import BetterNotes, note, write_notes
from tests.policy.policy_service import import_notes


async def seen(policy: aiohttp.ClientSession, address: str = "/api/v1/changes") -> list[tuple[int, str, str, str]]:
    events = await read_changes(policy, address)
    return [(item["seq"], item["event"], item["work"]["number"], item["lang"]) for item in events]


async def test_what_is_imported_is_published_in_the_log(policy: aiohttp.ClientSession) -> None:
    page = await read_json(policy, "/api/v1/changes")
    assert [item["seq"] for item in page["items"]] == [1, 2, 3, 4, 5]
    assert {item["event"] for item in page["items"]} == {"version-published"}
    assert (page["last"], page["next"]) == (5, "/api/v1/changes?after=5")
    first = next(
        item for item in page["items"] if item["work"]["kind"] == "regulation" and item["work"]["number"] == "R-1"
    )
    version = await read_json(policy, first["href"])
    assert (version["content_hash"], version["revision"]) == (first["content_hash"], first["revision"])
    assert version["work"]["href"] == first["work"]["href"]


async def test_pages_join_without_gap_and_filters_go_along(policy: aiohttp.ClientSession) -> None:
    everything = await seen(policy)
    assert await seen(policy, "/api/v1/changes?limit=2") == everything
    of_xx = await seen(policy, "/api/v1/changes?limit=1&jurisdiction=xx&kind=act&lang=en")
    assert of_xx == [row for row in everything if row[2] == "A-1.3" and row[3] == "en"]
    assert len(of_xx) == 2
    page = await read_json(policy, "/api/v1/changes?jurisdiction=none")
    assert (page["items"], page["next"]) == ([], "/api/v1/changes?jurisdiction=none&after=5")


async def test_polling_gives_nothing_until_something_happens(
    policy: aiohttp.ClientSession, law: str, tmp_path: Path
) -> None:
    assert await seen(policy, "/api/v1/changes?after=5") == []
    await publish(law, tmp_path / "law", LAW)  # the same again
    assert await seen(policy, "/api/v1/changes?after=5") == []
    await publish(law, tmp_path / "more", {"2023-01-15/en/R-2": note("R-2", kind="regulation", jurisdiction="yy",
                                                                     texts=["Corrected."])})  # fmt: skip
    assert await seen(policy, "/api/v1/changes?after=5") == [(6, "version-corrected", "R-2", "en")]


async def test_what_is_withdrawn_leaves_a_tombstone(policy: aiohttp.ClientSession, law: str) -> None:
    assert rows(law, "DELETE FROM work WHERE number = 'A-1.3' RETURNING number") == [("A-1.3",)]
    events = await read_changes(policy, "/api/v1/changes?after=5")
    assert [item["event"] for item in events] == ["version-withdrawn"] * 3
    assert [item["seq"] for item in events] == [6, 7, 8]
    assert {(item["work"]["number"], item["lang"], item["date"]) for item in events} == {
        ("A-1.3", "en", "2020-01-01"), ("A-1.3", "en", "2021-01-01"), ("A-1.3", "fr", "2021-01-01"),
    }  # fmt: skip
    tombstone = await read_json(policy, events[0]["self"])
    assert (tombstone["version"], tombstone["replaced_by"]) == (None, None)
    replaced = await read_json(policy, "/api/v1/changes/1")
    later = next(item["seq"] for item in events if item["href"] == replaced["href"])
    assert (replaced["version"], replaced["replaced_by"]) == (None, later)


async def test_a_better_parser_corrects(policy: aiohttp.ClientSession, law: str, tmp_path: Path) -> None:
    report = await import_notes(law, write_notes(tmp_path / "law", LAW), importer=BetterNotes())
    assert report.exit_code == 0, report.lines()
    events = await read_changes(policy, "/api/v1/changes?after=5")
    assert [item["seq"] for item in events] == [6, 7, 8, 9, 10]
    assert {item["event"] for item in events} == {"version-corrected"}
    version = (await read_json(policy, events[0]["self"]))["version"]
    assert version["title"] == version["title"].upper()


async def test_a_provision_whose_plain_text_is_read_anew_changes_all_its_versions(
    policy: aiohttp.ClientSession, law: str
) -> None:
    assert len(rows(law, "UPDATE provision SET text = 'Shared by two.' WHERE text = 'Shared.' RETURNING hash")) == 2
    assert {row[1:3] for row in await seen(policy, "/api/v1/changes?after=5")} == {
        ("version-corrected", "A-1.3"), ("version-corrected", "R-1"),
    }  # fmt: skip


async def test_what_is_no_content_is_no_change(policy: aiohttp.ClientSession, law: str) -> None:
    assert rows(law, "UPDATE version SET source_checked_at = now(), indexed_at = NULL, title = title RETURNING 1")
    assert await seen(policy, "/api/v1/changes?after=5") == []


async def test_a_transaction_that_fails_leaves_no_gap(policy: aiohttp.ClientSession, law: str) -> None:
    connection = await asyncpg.connect(law)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE version SET title = 'Never'")
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # numbers are given now
        assert await connection.fetchval("SELECT max(seq) FROM change") == 10
        await transaction.rollback()
        await connection.execute("UPDATE version SET title = 'Now' WHERE lang = 'fr'")
    finally:
        await connection.close()
    assert await seen(policy, "/api/v1/changes?after=5") == [(6, "version-corrected", "A-1.3", "fr")]


async def test_nobody_but_the_database_writes_the_log(law: str) -> None:
    connection = await asyncpg.connect(law)
    try:
        for statement in ("DELETE FROM change", "UPDATE change SET seq = seq + 1", "TRUNCATE change"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_reader_who_has_it_gets_304(policy: aiohttp.ClientSession) -> None:
    async with policy.get("/api/v1/changes?after=2") as response:
        etag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "no-cache"
    async with policy.get("/api/v1/changes?after=2", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
