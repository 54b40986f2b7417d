"""A worker process: reads, parses and writes one batch after the other, with its own connection.

Its pipe ends when the program that started it does, however that ended; the worker then finishes its batch and ends.
"""

import asyncio
import hashlib
import os
import pwd
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection as Pipe

import asyncpg

from services.policy.acting import SYSTEM_SETTINGS
from services.policy.imports import store
from services.policy.imports.batches import Batch
from services.policy.imports.connection import Connection
from services.policy.imports.model import Importer, ImportProblem, SourceFile
from services.policy.imports.prepare import PreparedVersion, prepare
from services.policy.imports.release import Release
from services.policy.imports.sources import Reader, Source, opened, without_release
from shared.areas import EVERYWHERE, covers
from shared.db import DATABASE_FAILED


@dataclass(frozen=True, slots=True)
class Assignment:
    """What all workers of an import share."""

    database_url: str
    source: Source
    importer: Importer
    release: Release
    jurisdiction_names: Mapping[str, Mapping[str, str]]
    areas: str = EVERYWHERE
    """Of which jurisdictions files are taken, as in shared.areas."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be imported, and why. `line` is 1-based, 0 when unknown."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: one outcome for each of its files."""

    batch: Batch
    outcomes: tuple[store.Outcome, ...] = ()
    failures: tuple[Failure, ...] = ()
    fatal: str = ""
    """Why no further batch can be imported; empty when it can."""


def run_worker(assignment: Assignment, pipe: Pipe) -> None:
    """Take batches from `pipe` and send back their results, until it ends or a None comes."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # who started us decides when to stop, between batches
    with asyncio.Runner() as runner, opened(assignment.source) as reader:
        connection: Connection | None = None
        try:
            while (batch := pipe.recv()) is not None:
                try:
                    connection = connection or runner.run(connect(assignment.database_url))
                    result = runner.run(import_batch(connection, assignment, reader, batch))
                except DATABASE_FAILED as problem:
                    result = BatchResult(batch, fatal=f"the database failed: {type(problem).__name__}: {problem}")
                pipe.send(result)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return
        finally:
            if connection is not None:
                runner.run(_close(connection))


async def connect(database_url: str) -> Connection:
    """A connection for bulk writing. A crash of the server may lose the last batches, but then whole ones."""
    connection: Connection = await asyncpg.connect(
        database_url,
        timeout=10,
        statement_cache_size=200,
        server_settings={
            "application_name": "openpolicy-import",
            "openpolicy.account": _operator(),  # for the record of imports
            **SYSTEM_SETTINGS,
            "synchronous_commit": "off",
            "jit": "off",
            # A machine that vanishes must not keep the lock of imports for hours.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    return connection


def _operator() -> str:
    """Who runs this program, and where."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run as users that have no name
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=5)
    except DATABASE_FAILED:
        connection.terminate()


async def import_batch(connection: Connection, assignment: Assignment, reader: Reader, batch: Batch) -> BatchResult:
    """Read what is new in `batch`, and write it."""
    importer = assignment.importer
    known = await store.known_files(connection, importer.name, [without_release(file.path) for file in batch.files])
    outcomes: dict[str, store.Outcome] = {}
    failures: list[Failure] = []
    files: dict[str, store.FileToStore] = {}
    for file in batch.files:
        try:
            found = _read(assignment, reader, file, known.get(without_release(file.path), []))
        except ImportProblem as problem:
            failures.append(Failure(file.path, problem.line, problem.message))
            outcomes[file.path] = store.Outcome.FAILED
            continue
        if found is None:
            outcomes[file.path] = store.Outcome.UNCHANGED
        else:
            files[file.path] = found
    if files:
        await _store(connection, assignment, files, outcomes, failures)
    return BatchResult(batch, tuple(outcomes[file.path] for file in batch.files), tuple(failures))


def _read(
    assignment: Assignment, reader: Reader, file: SourceFile, known: list[store.KnownFile]
) -> store.FileToStore | None:
    """The file's content, or None when exactly this was read before."""
    data = reader.read(file.path)
    digest = hashlib.sha256(data).digest()
    release, is_known = _release(assignment, file)
    same = [entry for entry in known if entry.sha256 == digest]
    current = [entry for entry in same if entry.parser_version == assignment.importer.version]
    # A release date that is only today's says nothing new about bytes that were read on another day.
    if any(entry.release == release or not is_known for entry in current):
        return None
    path = without_release(file.path)
    prepared = None if assignment.areas == EVERYWHERE else _within(assignment, _parsed(assignment, file, data))
    if current:
        return store.FileToStore(path, release, digest, None, known_version=current[0].version_id)
    prepared = prepared or _parsed(assignment, file, data)
    reread = same[0].version_id if same else None
    if same and not is_known:
        release = same[0].release
    return store.FileToStore(path, release, digest, prepared, reread=reread)


def _parsed(assignment: Assignment, file: SourceFile, data: bytes) -> PreparedVersion:
    try:
        return prepare(assignment.importer.parse(file.path, data))
    except ImportProblem:
        raise
    except Exception as problem:  # a fault of an importer must not end the import of the other files
        raise ImportProblem(f"the importer failed: {type(problem).__name__}: {problem}") from problem


def _within(assignment: Assignment, prepared: PreparedVersion) -> PreparedVersion:
    jurisdiction = prepared.work.jurisdiction
    if not covers(assignment.areas, jurisdiction):
        raise ImportProblem(f"it is of {jurisdiction}, and whoever asked for this import works in {assignment.areas}")
    return prepared


def _release(assignment: Assignment, file: SourceFile) -> tuple[date, bool]:
    if file.release is not None:
        return file.release, True
    return assignment.release.date, assignment.release.known


async def _store(
    connection: Connection,
    assignment: Assignment,
    files: dict[str, store.FileToStore],
    outcomes: dict[str, store.Outcome],
    failures: list[Failure],
) -> None:
    """Write the batch; when the database refuses it, file by file, so that only the one at fault is left out."""
    importer, names = assignment.importer, assignment.jurisdiction_names
    try:
        written = await store.store(connection, importer.name, importer.version, list(files.values()), names)
        outcomes.update(zip(files, written, strict=True))
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError,
            KeyError, ValueError, OverflowError) as problem:  # fmt: skip
        if len(files) > 1:
            for path, file in files.items():
                await _store(connection, assignment, {path: file}, outcomes, failures)
            return
        path = next(iter(files))
        outcomes[path] = store.Outcome.FAILED
        failures.append(Failure(path, 0, f"cannot be stored: {type(problem).__name__}: {problem}"))
