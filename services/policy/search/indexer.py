"""Keeps the search index equal to the texts that are current: called after an import, at start, and once a day.

Each chunk is one transaction that replaces what was indexed of some works and marks their versions, so that a run may
end at any point and the next one goes on. The first large load drops the large indexes and makes them at the end;
that it is under way stands in the database, so that whoever comes next finishes it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from services.policy.search import statistics
from services.policy.search.languages import ANALYSES, analysis_of
from services.policy.search.passages import headings_above, keys_of
from shared.log import get_logger
from shared.sql import load_queries

_SQL = load_queries(__file__, "indexing.sql")
_log = get_logger(__name__)

_LOCK = 0x6F70_7365_6172_6368  # one run at a time; any constant does
_CHUNK = 40  # works and languages in a transaction
_WORKERS = 2
_BULK_FROM = 500  # works and languages due; below, keeping the indexes is quicker
_ATTEMPTS = 5

Due = tuple[int, str]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run is to do. `bulk`: the large indexes are away; `recount`: so may the statistics be."""

    database_url: str
    day: date
    bulk: bool
    recount: bool


async def index_pending(
    database_url: str, on_progress: Progress | None = None, *, today: date | None = None, wait: bool = True
) -> None:
    """Index every version that became current and was not indexed, and take out what no longer is.

    `on_progress` hears how many of how many texts are done. `today` is the day on which versions are current, UTC by
    default. With `wait=False` nothing happens when another run is under way. Raises what asyncpg raises.
    """
    day = today or datetime.now(UTC).date()
    control = await asyncpg.connect(database_url)
    try:
        if not await _locked(control, wait=wait):
            return
        due: list[Due] = [(row["work_id"], row["lang"]) for row in await control.fetch(_SQL["due"], day)]
        state: Any = await control.fetchrow(_SQL["state"])
        if due or state["bulk"] or not state["counted"]:
            bulk = state["bulk"] or await _begin_bulk(control, len(due))
            await control.execute(_SQL["begin"])
            run = _Run(database_url, day, bulk=bulk, recount=bulk or not state["counted"])
            await _index(run, due, on_progress)
            await control.execute(_SQL["end"])
    finally:
        await control.close(timeout=5)


async def index_versions(connection: Any, version_ids: Sequence[int], *, today: date | None = None) -> None:
    """Make the index hold what is current of the texts that these versions belong to, found once the caller commits.

    To be called inside the caller's transaction, after the versions were written and placed in time (`current_from`,
    `current_until`), or after one was taken out of what is current. A version that is to be deleted must be named
    before it is; or name its text to `index_texts` afterwards. `today` is the day on which versions are current, UTC
    by default. Raises what asyncpg raises.
    """
    texts = [(row["work_id"], row["lang"]) for row in await connection.fetch(_SQL["texts_of"], list(version_ids))]
    await index_texts(connection, texts, today=today)


async def index_texts(connection: Any, texts: Sequence[Due], *, today: date | None = None) -> None:
    """The same for texts, each a work's id and a language, also when no version of them is left."""
    if not texts:
        return
    versions, passages = await _write_chunk(connection, texts, today or datetime.now(UTC).date())
    await statistics.add(connection, versions)
    await connection.execute(_SQL["count_change"], passages)


async def _locked(control: Any, *, wait: bool) -> bool:
    if not wait:
        return bool(await control.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))
    await control.execute("SELECT pg_advisory_lock($1)", _LOCK)
    return True


async def _begin_bulk(control: Any, due: int) -> bool:
    """Drop the large indexes when loading without them is quicker."""
    if due < _BULK_FROM or not await control.fetchval(_SQL["is_nearly_empty"]):
        return False
    await control.execute("SELECT search_begin_bulk()")
    return True


async def _index(run: _Run, due: Sequence[Due], on_progress: Progress | None) -> None:
    connections = [await asyncpg.connect(run.database_url) for _ in range(_WORKERS)]
    try:
        chunks = [due[at : at + _CHUNK] for at in range(0, len(due), _CHUNK)]
        written: list[int] = []
        done = 0
        waiting = iter(chunks)

        async def work(connection: Any) -> None:
            nonlocal done
            for chunk in waiting:
                written.extend(await _index_chunk(connection, chunk, run.day))
                done += len(chunk)
                if on_progress is not None:
                    on_progress(done, len(due))

        await _together(work(connection) for connection in connections)
        await _finish(connections, written, run)
        _log.info("indexed", texts=len(due), bulk=run.bulk)
    finally:
        for connection in connections:
            await connection.close(timeout=5)


async def _index_chunk(connection: Any, chunk: Sequence[Due], day: date) -> list[int]:
    """Replace what is indexed of `chunk`; returns the ids of the versions now indexed.

    One snapshot decides what is current and what is marked; when an import writes the same versions meanwhile, the
    chunk is done again on what it wrote.
    """
    for attempt in range(_ATTEMPTS):
        try:
            async with connection.transaction(isolation="repeatable_read"):
                versions, passages = await _write_chunk(connection, chunk, day)
        except asyncpg.TransactionRollbackError:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.05 * 2**attempt)
        else:
            await connection.execute(_SQL["count_change"], passages)
            return versions
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _write_chunk(connection: Any, chunk: Sequence[Due], day: date) -> tuple[list[int], int]:
    columns = [work_id for work_id, _ in chunk], [lang for _, lang in chunk]
    versions = await connection.fetch(_SQL["current"], *columns, day)
    ids = [version["id"] for version in versions]
    await connection.execute(_SQL["forget"], *columns)
    await connection.copy_records_to_table(
        "search_document", records=[_document(version, day) for version in versions], columns=_DOCUMENT
    )
    outline = await connection.fetch(_SQL["outline"], ids)
    above = headings_above(outline)
    await connection.execute(_SQL["insert_passages"], ids, above.version_ids, above.ordinals, above.paths)
    await connection.execute(_SQL["insert_works"], ids)
    await connection.copy_records_to_table("search_key", records=keys_of(versions, outline), columns=_KEY)
    await connection.execute(_SQL["mark"], *columns)
    return ids, len(outline) + len(ids)


_DOCUMENT = (
    "version_id", "work_id", "lang", "analysis", "jurisdiction", "kind", "number", "title", "status", "date",
    "index_again",
)  # fmt: skip
_KEY = ("version_id", "ordinal", "work_id", "lang", "kind", "norm", "text")


def _document(version: Any, day: date) -> tuple[object, ...]:
    """A row of search_document. A text that stands only later is not law yet, whatever its status will be."""
    early = version["date"] > day
    status = "not-in-force" if early and version["status"] == "in-force" else version["status"]
    return (
        version["id"], version["work_id"], version["lang"], analysis_of(version["lang"]), version["jurisdiction"],
        version["kind"], version["number"], version["title"], status, version["date"],
        version["date"] if early else None,
    )  # fmt: skip


async def _finish(connections: Sequence[Any], written: Sequence[int], run: _Run) -> None:
    """Make the large indexes if they are away, and bring the statistics up to date."""
    first = connections[0]
    if not run.recount and not await statistics.needs_recount(first):
        await statistics.add(first, written)
        return
    waiting = iter(ANALYSES)

    async def work(connection: Any) -> None:
        for analysis in waiting:
            if run.bulk:
                await connection.execute("SELECT search_end_bulk($1)", analysis, timeout=None)
            await statistics.recount(connection, analysis)

    await _together(work(connection) for connection in connections)
    await statistics.recounted(first)
    if run.bulk:
        await first.execute("SELECT search_analyze()")


async def _together(tasks: Any) -> None:
    """Run all; when one fails, the others end too and the first failure is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
