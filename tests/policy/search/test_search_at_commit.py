"""A text that is published inside a transaction is found when that commits, and not before."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.search.indexer import index_pending, index_texts, index_versions
from tests.policy.search.search_corpus import CORPUS, PARKS, Part, insert

TODAY = date(2024, 6, 1)
_NOTES = """SELECT norm FROM search_key k JOIN search_document d ON d.id = k.document_id
    WHERE d.number = 'P-14' AND d.lang = 'en' AND k.kind = 'note' ORDER BY 1"""
_NEWER = replace(PARKS, date=date(2023, 1, 1), parts=(*PARKS.parts, Part("7", "Kites may fly.", note="Kites")))


@pytest.fixture
async def connection(clean_database: DatabaseUrls) -> AsyncIterator[Any]:
    """The corpus, indexed, as the service's role sees it."""
    opened = await asyncpg.connect(clean_database.policy_url)
    await insert(opened, *CORPUS)
    await index_pending(clean_database.policy_url, today=TODAY)
    yield opened
    await opened.close()


async def _notes(connection: Any) -> list[str]:
    return [row["norm"] for row in await connection.fetch(_NOTES)]


async def test_a_text_is_found_once_its_transaction_commits(clean_database: DatabaseUrls, connection: Any) -> None:
    writer = await asyncpg.connect(clean_database.policy_url)
    async with writer.transaction():
        await index_versions(writer, await insert(writer, _NEWER), today=TODAY)
        assert "kites" in await _notes(writer)
        assert "kites" not in await _notes(connection)
    assert "kites" in await _notes(connection)
    await writer.close()
    assert await connection.fetchval("SELECT count(*) FROM version WHERE indexed_at IS NULL") == 0


async def test_a_withdrawn_text_gives_its_place_to_the_one_before(connection: Any) -> None:
    before = await _notes(connection)
    (newer,) = await insert(connection, _NEWER)
    await index_versions(connection, [newer], today=TODAY)
    work = await connection.fetchval("SELECT work_id FROM version WHERE id = $1", newer)
    async with connection.transaction():
        await connection.execute("DELETE FROM version WHERE id = $1", newer)
        await connection.execute(
            "UPDATE version SET current_until = 'infinity' WHERE work_id = $1 AND lang = 'en'", work
        )
        await index_texts(connection, [(work, "en")], today=TODAY)
    assert await _notes(connection) == before


async def test_a_text_of_which_nothing_is_left_leaves_the_index(connection: Any) -> None:
    work = await connection.fetchval("SELECT id FROM work WHERE number = 'P-14'")
    async with connection.transaction():
        await connection.execute(
            "UPDATE version SET current_until = current_from WHERE work_id = $1 AND lang = 'en'", work
        )
        (version,) = await connection.fetchrow("SELECT id FROM version WHERE work_id = $1 AND lang = 'en'", work)
        await index_versions(connection, [version], today=TODAY)
    assert await _notes(connection) == []


async def test_nothing_is_found_of_a_transaction_that_is_rolled_back(connection: Any) -> None:
    before = await _notes(connection)
    transaction = connection.transaction()
    await transaction.start()
    await index_versions(connection, await insert(connection, _NEWER), today=TODAY)
    await transaction.rollback()
    assert await _notes(connection) == before


async def _rows(connection: Any) -> dict[tuple[str, str], str]:
    """Where the passages of an act lie, by its title at the top of the index and their eId."""
    found = await connection.fetch(
        "SELECT d.lang, p.eid, p.ctid::text FROM search_passage p JOIN search_document d ON d.id = p.document_id "
        "WHERE d.number = 'P-14'"
    )
    return {(row["lang"], row["eid"]): row["ctid"] for row in found}


async def test_only_what_changed_is_written(connection: Any) -> None:
    before = await _rows(connection)
    changed = {
        "2": replace(PARKS.parts[2], text="A foreshore is no place."),
        "6": replace(PARKS.parts[7], terms=("x",)),
    }
    parts = [changed.get(part.num, part) for part in PARKS.parts]
    parts[1:1] = [Part("0.1", "First of all.")]
    await index_versions(connection, await insert(connection, replace(_NEWER, parts=tuple(parts))), today=TODAY)
    after = await _rows(connection)
    assert {key for key in after if after[key] != before.get(key)} == {
        ("en", "sec_0.1"),
        ("en", "sec_2"),
        ("en", "sec_6"),
    }


async def test_what_stands_below_another_heading_is_written(connection: Any) -> None:
    before = await _rows(connection)
    parts = [replace(part, heading="Fires") if part.num == "PART 2" else part for part in PARKS.parts]
    await index_versions(connection, await insert(connection, replace(_NEWER, parts=tuple(parts))), today=TODAY)
    after = await _rows(connection)
    assert {eid for lang, eid in after if after[lang, eid] != before[lang, eid]} == {
        "part_2", "sec_3", "sec_4", "sec_5", "sec_6"
    }  # fmt: skip


async def test_another_title_or_standing_is_written_everywhere(connection: Any) -> None:
    for newer in (
        replace(PARKS, date=date(2023, 1, 1), title="Parks Act"),
        replace(PARKS, date=date(2023, 1, 1), revision=2, title="Parks Act", status="repealed"),
    ):
        before = await _rows(connection)
        await index_versions(connection, await insert(connection, newer), today=TODAY)
        after = await _rows(connection)
        assert not {key for key in after if key[0] == "en" and after[key] == before[key]}
        assert {key for key in after if key[0] == "fr" and after[key] == before[key]}


async def test_an_older_version_leaves_what_it_does_not_share(clean_database: DatabaseUrls, connection: Any) -> None:
    before = await _rows(connection)
    await insert(connection, replace(PARKS, date=date(2001, 1, 1), parts=(Part("1", "Ancient."),)))
    await index_pending(clean_database.policy_url, today=TODAY)
    after = await _rows(connection)
    assert {key for key in after if after[key] != before[key]} == {("en", "")}  # the title stands since 2001
    assert await connection.fetchval("SELECT count(*) FROM version WHERE indexed_at IS NULL") == 0


async def test_a_text_that_was_read_anew_is_written_whole(clean_database: DatabaseUrls, connection: Any) -> None:
    # Equal markup may have been read as other words, which no digest of a provision tells.
    before = await _rows(connection)
    await connection.execute("UPDATE provision SET text = 'A warden may whistle.' WHERE num = '4'")
    await index_pending(clean_database.policy_url, today=TODAY)
    after = await _rows(connection)
    assert not {key for key in after if key[0] == "en" and after[key] == before[key]}
    assert await connection.fetchval("SELECT count(*) FROM search_passage WHERE tsv @@ 'whistl'") == 1
