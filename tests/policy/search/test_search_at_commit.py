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
_NOTES = """SELECT norm FROM search_key k JOIN search_document d USING (version_id)
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
