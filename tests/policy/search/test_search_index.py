"""The index follows what is current: replaced, added to, taken from; and it survives being broken off anywhere."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.search import indexer
from services.policy.search.indexer import index_pending
from tests.policy.search.search_corpus import CORPUS, NOISE, PARKS, Part, insert, many_sections

TODAY = date(2024, 6, 1)
LARGE_INDEXES = 8

# Everything the index holds, without the ids that differ from database to database.
_PASSAGES = """
    SELECT w.number, d.lang, d.date, d.title, d.status AS work_status, p.eid, p.length, p.bare, p.analysis,
        p.jurisdiction, p.kind, p.status, p.tsv::text
    FROM search_passage p JOIN search_document d ON d.id = p.document_id JOIN work w ON w.id = d.work_id
    ORDER BY w.number, d.lang, p.eid"""
_KEYS = """
    SELECT w.number, k.lang, p.eid, k.kind, k.norm, k.text
    FROM search_key k JOIN search_passage p USING (document_id, place) JOIN work w ON w.id = k.work_id
    ORDER BY 1, 2, 3, 4, 5"""
_TERMS = "SELECT analysis, term, passages FROM search_term ORDER BY 1, 2"
_WORDS = "SELECT analysis, word, uses FROM search_vocabulary ORDER BY 1, 2"
_STATE = "SELECT bulk, passages, changed, counted FROM search_state"
_INDEXES = (
    "SELECT indexname FROM pg_indexes WHERE tablename IN ('search_passage', 'search_key') "
    "AND indexname NOT LIKE '%pkey' AND indexname <> 'search_passage_works' ORDER BY 1"
)


class BrokenOff(Exception):
    """What the tests end a run with."""


@pytest.fixture
async def connection(clean_database: DatabaseUrls) -> AsyncIterator[Any]:
    """The database as the service's role sees it."""
    opened = await asyncpg.connect(clean_database.policy_url)
    yield opened
    await opened.close()


async def _held(connection: Any) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await connection.fetch(q)] for q in (_PASSAGES, _KEYS, _TERMS, _WORDS, _STATE)]


async def _texts(connection: Any) -> dict[tuple[str, str], date]:
    rows = await connection.fetch("SELECT number, lang, date FROM search_document")
    return {(row["number"], row["lang"]): row["date"] for row in rows}


async def _pending(connection: Any) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM version WHERE indexed_at IS NULL"))


async def test_everything_current_is_indexed_and_progress_told(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, *CORPUS)
    told: list[tuple[int, int]] = []
    await index_pending(clean_database.policy_url, lambda done, total: told.append((done, total)), today=TODAY)
    assert told[-1] == (len(CORPUS), len(CORPUS))
    assert set(await _texts(connection)) == {(law.number, law.lang) for law in CORPUS}
    assert await _pending(connection) == 0
    parts = sum(len(law.parts) for law in CORPUS)
    assert await connection.fetchval("SELECT count(*) FROM search_passage") == parts + len(CORPUS)


async def test_a_second_run_changes_nothing(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, *CORPUS)
    await index_pending(clean_database.policy_url, today=TODAY)
    before = await _held(connection)
    rows = await connection.fetch("SELECT xmin::text FROM search_passage UNION ALL SELECT xmin::text FROM version")
    told: list[int] = []
    await index_pending(clean_database.policy_url, lambda done, total: told.append(done), today=TODAY)
    assert told == []
    assert await _held(connection) == before
    assert rows == await connection.fetch(
        "SELECT xmin::text FROM search_passage UNION ALL SELECT xmin::text FROM version"
    )


async def test_a_new_version_replaces_only_its_own_text(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, *CORPUS)
    await index_pending(clean_database.policy_url, today=TODAY)
    newer = replace(PARKS, date=date(2023, 1, 1), parts=(Part("1", "Barbecues are allowed.", note="Barbecues"),))
    await insert(connection, newer)
    await index_pending(clean_database.policy_url, today=TODAY)
    texts = await _texts(connection)
    assert texts["P-14", "en"] == date(2023, 1, 1)
    assert texts["P-14", "fr"] == date(2020, 1, 1)
    notes = await connection.fetch(
        "SELECT k.norm FROM search_key k JOIN search_document d ON d.id = k.document_id "
        "WHERE number = 'P-14' AND k.lang = 'en' AND k.kind = 'note'"
    )
    assert [row["norm"] for row in notes] == ["barbecues"]


async def test_adding_bit_by_bit_ends_like_indexing_at_once(
    clean_database: DatabaseUrls, connection: Any, databases: Any
) -> None:
    for law in CORPUS:
        await insert(connection, law)
        await index_pending(clean_database.policy_url, today=TODAY)
    other = databases.create()
    second = await asyncpg.connect(other.policy_url)
    await insert(second, *CORPUS)
    await index_pending(other.policy_url, today=TODAY)
    assert await _held(connection) == await _held(second)
    await second.close()
    databases.drop(other)


async def test_a_future_version_is_not_current_until_its_day(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, PARKS, replace(PARKS, date=date(2025, 1, 1), title="Waterfront Parks Act"))
    await index_pending(clean_database.policy_url, today=TODAY)
    assert await _texts(connection) == {("P-14", "en"): date(2020, 1, 1)}
    assert await _pending(connection) == 0
    await index_pending(clean_database.policy_url, today=date(2024, 12, 31))
    assert await _texts(connection) == {("P-14", "en"): date(2020, 1, 1)}
    await index_pending(clean_database.policy_url, today=date(2025, 1, 1))
    assert await _texts(connection) == {("P-14", "en"): date(2025, 1, 1)}
    assert await connection.fetchval("SELECT text FROM search_key WHERE kind = 'title'") == "Waterfront Parks Act"


async def test_a_text_that_stands_only_later_is_marked_until_then(
    clean_database: DatabaseUrls, connection: Any
) -> None:
    await insert(connection, replace(NOISE, date=date(2025, 1, 1)))
    await index_pending(clean_database.policy_url, today=TODAY)
    statuses = "SELECT array_agg(DISTINCT status) FROM search_passage"
    assert await connection.fetchval(statuses) == ["not-in-force"]
    await index_pending(clean_database.policy_url, today=date(2025, 1, 1))
    assert await connection.fetchval(statuses) == ["in-force"]


async def test_a_corrected_revision_takes_the_place_of_the_first(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, NOISE)
    await index_pending(clean_database.policy_url, today=TODAY)
    await insert(connection, replace(NOISE, revision=2, title="Silent Nights By-law"))
    await index_pending(clean_database.policy_url, today=TODAY)
    titles = await connection.fetch("SELECT title FROM search_document")
    assert [row["title"] for row in titles] == ["Silent Nights By-law"]


async def test_a_removed_version_leaves_the_index_with_its_passages(
    clean_database: DatabaseUrls, connection: Any
) -> None:
    await insert(connection, PARKS, NOISE)
    await index_pending(clean_database.policy_url, today=TODAY)
    await connection.execute("DELETE FROM work WHERE number = 'P-14'")
    held = await connection.fetch(
        "SELECT DISTINCT number FROM search_document d JOIN search_passage p ON p.document_id = d.id "
        "JOIN search_key USING (document_id, place)"
    )
    assert [row["number"] for row in held] == ["2016-04"]


@pytest.mark.parametrize("bulk", [False, True])
async def test_broken_off_anywhere_the_next_run_ends_the_same(
    clean_database: DatabaseUrls, connection: Any, databases: Any, monkeypatch: pytest.MonkeyPatch, bulk: bool
) -> None:
    monkeypatch.setattr(indexer, "_CHUNK", 1)
    monkeypatch.setattr(indexer, "_BULK_FROM", 1 if bulk else 1000)
    await insert(connection, *CORPUS)
    await index_pending(clean_database.policy_url, today=TODAY)
    expected = await _held(connection)
    for last in range(1, len(CORPUS) + 1):
        urls = databases.create()
        broken = await asyncpg.connect(urls.policy_url)
        await insert(broken, *CORPUS)

        def stop(done: int, total: int, last: int = last) -> None:
            if done == last:
                raise BrokenOff

        with pytest.raises(BrokenOff):
            await index_pending(urls.policy_url, stop, today=TODAY)
        if bulk:
            assert await broken.fetchval("SELECT bulk FROM search_state")
            assert await broken.fetch(_INDEXES) == []
        await index_pending(urls.policy_url, today=TODAY)
        assert await _held(broken) == expected
        assert len(await broken.fetch(_INDEXES)) == LARGE_INDEXES
        await broken.close()
        databases.drop(urls)


async def test_a_bulk_load_that_only_lacks_its_indexes_is_finished(
    clean_database: DatabaseUrls, connection: Any
) -> None:
    await insert(connection, *CORPUS)
    await index_pending(clean_database.policy_url, today=TODAY)
    expected = await _held(connection)
    await connection.execute("SELECT search_begin_bulk()")
    assert await connection.fetch(_INDEXES) == []
    await index_pending(clean_database.policy_url, today=TODAY)
    assert len(await connection.fetch(_INDEXES)) == LARGE_INDEXES
    assert await _held(connection) == expected


async def test_a_killed_process_leaves_what_it_finished(clean_database: DatabaseUrls, connection: Any) -> None:
    count = 12
    await insert(
        connection, *(replace(many_sections(5), number=f"B-{n}", title=f"Beacons Act {n}") for n in range(count))
    )
    program = f"""
import asyncio, datetime, os, signal
from services.policy.search import indexer
indexer._CHUNK = 1
def stop(done, total):
    if done == 5:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(indexer.index_pending({clean_database.policy_url!r}, stop))
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await killed.wait() == -9
    done = count - await _pending(connection)
    assert done >= 5
    told: list[tuple[int, int]] = []
    await index_pending(clean_database.policy_url, lambda *progress: told.append(progress))
    assert told[-1] == (count - done, count - done)
    assert len(await _texts(connection)) == count
    assert await connection.fetchval("SELECT count(*) FROM search_passage") == count * 6


async def test_two_runs_do_not_collide(clean_database: DatabaseUrls, connection: Any) -> None:
    await insert(connection, *CORPUS)
    holder = await asyncpg.connect(clean_database.policy_url)
    await holder.execute("SELECT pg_advisory_lock($1)", indexer._LOCK)
    await index_pending(clean_database.policy_url, wait=False)
    assert await _texts(connection) == {}
    await holder.close()
    await index_pending(clean_database.policy_url, wait=False)
    assert len(await _texts(connection)) == len(CORPUS)


async def test_the_service_cannot_reach_other_indexes_through_the_bulk_functions(connection: Any) -> None:
    for which in ("work", "english; DROP TABLE work", ""):
        with pytest.raises(asyncpg.RaiseError):
            await connection.execute("SELECT search_end_bulk($1)", which)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DROP INDEX search_passage_english_body")


async def test_a_giant_provision_is_indexed_by_its_beginning(clean_database: DatabaseUrls, connection: Any) -> None:
    words = " ".join(f"wörd{n}ß" for n in range(60_000))
    await insert(connection, replace(NOISE, parts=(Part("1", words, note="Giant"), Part("2", "tiny"))))
    await index_pending(clean_database.policy_url, today=TODAY)
    assert await connection.fetchval("SELECT max(length) FROM search_passage") > 10_000
