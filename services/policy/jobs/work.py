"""`python -m services.policy work`: waits for uploaded imports, and runs each in a process of its own.

`work --check` says by its exit code whether a worker of this machine gave a sign of life lately.

What waits is small: it listens to the database and gives a sign of life every few seconds. The process that imports
is this program once more, told `--once`; its memory ends with it, and so does whatever goes wrong in it.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from services.policy.acting import SYSTEM_SETTINGS
from services.policy.settings import WorkerSettings
from shared.db import DATABASE_FAILED
from shared.log import configure, get_logger
from shared.sql import load_queries

CHANNEL = "openpolicy_imports"
_SQL = load_queries(__file__, "work.sql")
_PATIENCE = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before the database is asked again
_CLEAN_SECONDS = 3600.0
_log = get_logger(__name__)


def run_worker(arguments: list[str]) -> int:
    """Work until TERM; returns the exit code. Raises BadSettings."""
    settings = WorkerSettings.load()
    configure("policy-worker", level=settings.log_level, style=settings.log_format)
    if arguments == ["--once"]:
        from services.policy.jobs.once import run_once  # noqa: PLC0415 - what waits needs no importer

        return run_once(settings)
    if arguments == ["--check"]:
        return asyncio.run(_check(settings))
    if arguments:
        sys.stderr.write("`work` takes no arguments but --check\n")
        return 2
    asyncio.run(_Worker(settings).run())
    return 0


async def _check(settings: WorkerSettings) -> int:
    """0 when the worker called so, or any of this machine, is there; 1 when none is, or the database cannot say."""
    name = settings.worker_name
    try:
        connection = await asyncpg.connect(
            settings.database_url.get_secret_value(), timeout=3, command_timeout=3,
            server_settings={"application_name": "openpolicy-worker-check"},
        )  # fmt: skip
        try:
            alive = await connection.fetchval(_SQL["is_alive"], name, f"{socket.gethostname()}:")
        finally:
            await connection.close(timeout=1)
    except DATABASE_FAILED as problem:
        sys.stderr.write(f"the database does not answer: {type(problem).__name__}\n")
        return 1
    if not alive:
        sys.stderr.write(f"no sign of life of {name or 'a worker of this machine'} in the last 45 seconds\n")
    return 0 if alive else 1


class _Worker:
    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._name = settings.worker_name or f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._job: Process | None = None
        self._following: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._cleaned_at: float | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        failures = 0
        while not self._stopping.is_set():
            try:
                async with self._session() as connection:
                    failures = 0
                    await self._work(connection)
            except DATABASE_FAILED as problem:
                pause = _PATIENCE[min(failures, len(_PATIENCE) - 1)]
                failures += 1
                _log.warning("database_away", error=type(problem).__name__, again_in=pause)
                await _pause(self._stopping, pause)

    def _stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._job is not None and self._job.returncode is None:
            self._job.terminate()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(
            self._settings.database_url.get_secret_value(), timeout=10, command_timeout=10,
            server_settings={"application_name": "openpolicy-worker", **SYSTEM_SETTINGS},
        )  # fmt: skip
        connection.add_termination_listener(lambda _: self._wake.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            yield connection
        finally:
            await self._end_job()
            with suppress(*DATABASE_FAILED):
                await connection.execute(_SQL["leave"], self._name)
                await connection.close(timeout=5)

    async def _work(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        _log.info("worker_ready", worker=self._name)
        while not self._stopping.is_set():
            self._wake.clear()
            await connection.execute(_SQL["beat"], self._name)
            if self._cleaned_at is None or time.monotonic() - self._cleaned_at > _CLEAN_SECONDS:
                await connection.execute(_SQL["drop_old_uploads"], self._settings.import_keep_days)
                self._cleaned_at = time.monotonic()
            if self._job is None and time.monotonic() >= self._not_before and await connection.fetchval(_SQL["is_due"]):
                await self._begin_job()
            await _pause(self._wake, self._settings.worker_seconds)

    async def _begin_job(self) -> None:
        # Its standard input ends when we do, however that happens; it then ends, too.
        self._job = await asyncio.create_subprocess_exec(*sys.orig_argv, "--once", stdin=PIPE)
        self._following = asyncio.create_task(self._follow(self._job), name="import")
        if self._stopping.is_set():
            self._job.terminate()

    async def _follow(self, job: Process) -> None:
        code = await job.wait()
        if code:
            _log.error("import_process_failed", code=code)
            self._not_before = time.monotonic() + self._settings.worker_seconds
        self._job = None
        self._wake.set()

    async def _end_job(self) -> None:
        if self._following is not None:
            if self._job is not None and self._job.returncode is None:
                self._job.terminate()
            await self._following


async def _pause(event: asyncio.Event, seconds: float) -> None:
    """Until `event`, or so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
