"""One import from beginning to end: reading, importing batch by batch, indexing, reporting."""

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.policy.imports.batches import Batch, cut
from services.policy.imports.connection import Connection
from services.policy.imports.journal import End, ImportRunning, Journal, UploadDamaged, now
from services.policy.imports.jurisdictions import jurisdiction_names
from services.policy.imports.model import Importer, ImportProblem
from services.policy.imports.outcome import ImportReport, Totals
from services.policy.imports.pool import WorkerLost, Workers
from services.policy.imports.progress import Progress, Quiet
from services.policy.imports.release import release_of_source
from services.policy.imports.sources import Source, SourceProblem, find_source, list_files
from services.policy.imports.stop import Stop
from services.policy.imports.watch import watched
from services.policy.imports.worker import Assignment, connect
from shared.areas import covers
from shared.db import DATABASE_FAILED

IndexProgress = Callable[[int, int], None]
Index = Callable[[str, IndexProgress], Coroutine[Any, Any, None]]
"""Brings the search index up to date: database address, progress (done, total)."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Order:
    """What to import."""

    importer: Importer
    path: Path
    release: date | None
    today: date
    processes: int = 0
    """Worker processes; 0: one for each core."""


async def run_import(order: Order, database_url: str, *, progress: Progress, stop: Stop, index: Index) -> ImportReport:
    """Import `order`. Files that cannot be imported are in the report.

    Raises SourceProblem for a source that cannot be used, ImportRunning when another import runs, and what asyncpg
    raises when the database cannot be reached at the start.
    """
    source = find_source(order.path)
    release = release_of_source(source, order.release, order.today)
    async with open_journal(database_url) as journal:
        progress.phase("Reading", 0)
        batches, names = _plan(order.importer, source)
        await journal.begin(order.importer.name, source.path, release.date)
        assignment = Assignment(database_url, source, order.importer, release, names)
        return await _carry_out(assignment, order.processes, batches, journal, progress, stop, index, "cancelled")


async def run_next(
    database_url: str, *, importers: Mapping[str, Callable[[], Importer]], processes: int, stop: Stop, index: Index
) -> ImportReport | None:
    """Import what was uploaded first and waits; None when nothing waits. Whatever is wrong with it is in its record.

    Raises ImportRunning when another import runs, and what asyncpg raises when the database cannot be reached.
    """
    async with open_journal(database_url) as journal:
        job = await journal.claim()
        if job is None:
            return None
        with tempfile.TemporaryDirectory(prefix="openpolicy-") as folder:
            try:
                path = Path(folder, job.filename)
                await journal.fetch_upload(job, path)
                importer, source = importers[job.importer](), find_source(path)
                release = release_of_source(source, job.release, now().date())
                batches, names = _plan(importer, source)
            except (SourceProblem, UploadDamaged, OSError) as problem:
                # The name of our folder would tell its reader nothing.
                await journal.close("failed", Counter(), str(problem).replace(f"{folder}/", ""))
                return None
            await journal.place(release.date)
            names = {jurisdiction: said for jurisdiction, said in names.items() if covers(job.areas, jurisdiction)}
            assignment = Assignment(database_url, source, importer, release, names, job.areas)
            return await _carry_out(assignment, processes, batches, journal, Quiet(), stop, index, "queued")


@asynccontextmanager
async def open_journal(database_url: str) -> AsyncIterator[Journal]:
    """The journal of an import on a connection of its own, with the lock."""
    connection: Connection = await connect(database_url)
    try:
        journal = Journal(connection)
        await journal.open()
        yield journal
    finally:
        with suppress(*DATABASE_FAILED):
            await connection.close(timeout=5)


async def _carry_out(
    assignment: Assignment,
    processes: int,
    batches: list[Batch],
    journal: Journal,
    progress: Progress,
    stop: Stop,
    index: Index,
    when_stopped: End,
) -> ImportReport:
    """`when_stopped` is how the run stands when it is stopped by other means than its record."""
    started = time.monotonic()
    totals = Totals(sum(len(batch.files) for batch in batches), sum(batch.bytes for batch in batches))
    async with watched(journal, totals, progress, stop) as watch:
        trouble = await _import(assignment, processes, batches, totals, journal, watch, stop)
        if not trouble:
            trouble = await _index(assignment.database_url, totals, journal, watch, stop, index)
        trouble = watch.trouble or trouble
    state: End = "done"
    if trouble:
        state = "failed"
    elif stop:
        state = "cancelled" if watch.is_cancelled else when_stopped
    with suppress(*DATABASE_FAILED):
        if state == "done" and when_stopped == "cancelled" and not totals.wrote and not totals.failures:
            await journal.drop()  # a command that finds nothing new leaves everything as it was
        else:
            await journal.close(state, totals.outcomes, trouble)
    return ImportReport(
        assignment.importer.name, assignment.source.path, assignment.release.date, totals,
        time.monotonic() - started, bool(stop) and not watch.trouble, trouble,
    )  # fmt: skip


def _plan(importer: Importer, source: Source) -> tuple[list[Batch], Mapping[str, Mapping[str, str]]]:
    files = list_files(source)
    names = jurisdiction_names(importer, source, files)
    try:
        selected = importer.select(files)
    except ImportProblem as problem:
        raise SourceProblem(f"{source.path}: {problem.message}") from None
    return cut(selected), names


async def _import(
    assignment: Assignment,
    processes: int,
    batches: list[Batch],
    totals: Totals,
    journal: Journal,
    progress: Progress,
    stop: Stop,
) -> str:
    """Import all batches; returns what broke it off, or an empty text."""
    progress.phase("Importing", totals.bytes)
    workers = Workers(assignment, min(processes or len(os.sched_getaffinity(0)), max(1, len(batches))))
    try:
        async for result in workers.results(batches, stop):
            if result.fatal:
                workers.kill()
                return result.fatal
            totals.add(result)
            if result.failures:
                await journal.note(result.failures)
            progress.advance(totals.done_bytes, f"{totals.done_files:,} of {totals.files:,} files")
    except WorkerLost as problem:
        workers.kill()
        return str(problem)
    except DATABASE_FAILED as problem:
        workers.kill()
        return f"the database failed: {type(problem).__name__}: {problem}"
    finally:
        if stop.urgent:
            workers.kill()
        workers.close()
    return ""


async def _index(
    database_url: str, totals: Totals, journal: Journal, progress: Progress, stop: Stop, index: Index
) -> str:
    """Bring the search index up to date with what was written, also when stopped half-way before."""
    if stop:
        return ""
    try:
        if totals.wrote:
            await journal.analyze()
        await _unless_stopped(index(database_url, _on_indexed(progress)), stop)
    except DATABASE_FAILED as problem:
        return f"the search index could not be written: {type(problem).__name__}: {problem}"
    return ""


async def _unless_stopped(work: Coroutine[Any, Any, None], stop: Stop) -> None:
    """Run `work`, which may be ended at any point and taken up again, until it is done or we shall stop."""
    task = asyncio.create_task(work)
    while not task.done():
        await asyncio.wait([task], timeout=_POLL_SECONDS)
        if stop:
            task.cancel()
    if not task.cancelled():
        task.result()


def _on_indexed(progress: Progress) -> IndexProgress:
    begun = False

    def tell(done: int, total: int) -> None:
        nonlocal begun
        if not begun:
            progress.phase("Indexing", total)
            begun = True
        progress.advance(done, f"{done:,} of {total:,} texts")

    return tell


__all__ = ["ImportRunning", "Order", "SourceProblem", "run_import"]
