"""Keeps the search index equal to the texts that are current: called after an import, at start, and once a day.

Each chunk is one transaction that replaces what was indexed of some works and marks their versions, so that a run may
end at any point and the next one goes on. The first large load drops the large indexes and makes them at the end;
that it is under way stands in the database, so that whoever comes next finishes it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from services.policy.search import statistics
from services.policy.search.entries import Text, Written, write_texts
from services.policy.search.languages import ANALYSES
from shared.log import get_logger
from shared.sql import load_queries

_SQL = load_queries(__file__, "indexing.sql")
_log = get_logger(__name__)

_LOCK = 0x6F70_7365_6172_6368  # one run at a time; any constant does
_CHUNK = 40  # works and languages in a transaction
_WORKERS = 2
_BULK_FROM = 500  # works and languages due; below, keeping the indexes is quicker
_ATTEMPTS = 5

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
    async with _connected(database_url) as control:
        if not await _locked(control, wait=wait):
            return
        due: list[Text] = [(row["work_id"], row["lang"]) for row in await control.fetch(_SQL["due"], day)]
        await control.execute(_SQL["mark_corrected"])
        state: Any = await control.fetchrow(_SQL["state"])
        if due or state["bulk"] or not state["counted"]:
            bulk = state["bulk"] or await _begin_bulk(control, len(due))
            await control.execute(_SQL["begin"])
            run = _Run(database_url, day, bulk=bulk, recount=bulk or not state["counted"])
            await _index(run, due, on_progress)
            await control.execute(_SQL["end"])


async def index_versions(connection: Any, version_ids: Sequence[int], *, today: date | None = None) -> None:
    """Make the index hold what is current of the texts that these versions belong to, found once the caller commits.

    To be called inside the caller's transaction, after the versions were written and placed in time (`current_from`,
    `current_until`), or after one was taken out of what is current. A version that is to be deleted must be named
    before it is; or name its text to `index_texts` afterwards. `today` is the day on which versions are current, UTC
    by default. Raises what asyncpg raises.
    """
    texts = [(row["work_id"], row["lang"]) for row in await connection.fetch(_SQL["texts_of"], list(version_ids))]
    await index_texts(connection, texts, today=today)


async def index_texts(connection: Any, texts: Sequence[Text], *, today: date | None = None) -> None:
    """The same for texts, each a work's id and a language, also when no version of them is left."""
    if not texts:
        return
    written = await write_texts(connection, texts, today or datetime.now(UTC).date())
    await statistics.add(connection, written.document_ids, written.places)
    await connection.execute(_SQL["count_change"], written.changed)


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


async def _index(run: _Run, due: Sequence[Text], on_progress: Progress | None) -> None:
    chunks = [due[at : at + _CHUNK] for at in range(0, len(due), _CHUNK)]
    written: list[Written] = []
    done = 0
    waiting = iter(chunks)

    async def work(connection: Any) -> None:
        nonlocal done
        for chunk in waiting:
            written.append(await _index_chunk(connection, chunk, run.day))
            done += len(chunk)
            if on_progress is not None:
                on_progress(done, len(due))

    async with AsyncExitStack() as opened:
        connections = [await opened.enter_async_context(_connected(run.database_url)) for _ in range(_WORKERS)]
        await _together(work(connection) for connection in connections)
        await _finish(connections, written, run)
    _log.info("indexed", texts=len(due), bulk=run.bulk)


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[Any]:
    # What a crash of the server loses is marked as indexed no more than it is indexed, and done again.
    connection = await asyncpg.connect(database_url, server_settings={"synchronous_commit": "off", "jit": "off"})
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def _index_chunk(connection: Any, chunk: Sequence[Text], day: date) -> Written:
    """Make the index hold what is current of `chunk`.

    One snapshot decides what is current and what is marked; when an import writes the same versions meanwhile, the
    chunk is done again on what it wrote.
    """
    for attempt in range(_ATTEMPTS):
        try:
            async with connection.transaction(isolation="repeatable_read"):
                written = await write_texts(connection, chunk, day)
        except asyncpg.TransactionRollbackError:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.05 * 2**attempt)
        else:
            await connection.execute(_SQL["count_change"], written.changed)
            return written
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _finish(connections: Sequence[Any], written: Sequence[Written], run: _Run) -> None:
    """Make the large indexes if they are away, and bring the statistics up to date."""
    first = connections[0]
    if not run.recount and not await statistics.needs_recount(first):
        for one in written:
            await statistics.add(first, one.document_ids, one.places)
        return
    # The largest first, so that both connections are done at about the same time.
    waiting = iter(("english", "french", "keys", "simple"))

    async def work(connection: Any) -> None:
        for part in waiting:
            if run.bulk:
                await connection.execute("SELECT search_end_bulk($1)", part, timeout=None)
            if part in ANALYSES:
                await statistics.recount(connection, part)

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
