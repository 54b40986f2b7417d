"""One uploaded import, in a process of its own; see `work`."""

import asyncio
import signal
import sys

from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import ImportRunning, run_next
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from services.policy.settings import WorkerSettings
from shared.db import DATABASE_FAILED
from shared.log import get_logger

_log = get_logger(__name__)


def run_once(settings: WorkerSettings) -> int:
    """Import what waits longest; returns the exit code (0 also when nothing waits, 1 when the database failed)."""
    return asyncio.run(_run(settings))


async def _run(settings: WorkerSettings) -> int:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.ask)
    loop.add_reader(sys.stdin.fileno(), _on_input, stop)
    url = settings.database_url.get_secret_value()
    try:
        report = await run_next(
            url, importers=IMPORTERS, processes=settings.import_processes, stop=stop, index=index_pending
        )
    except ImportRunning:
        return 0  # somebody was quicker; its end wakes us
    except DATABASE_FAILED as problem:
        _log.warning("database_failed", error=type(problem).__name__)
        return 1
    finally:
        loop.remove_reader(sys.stdin.fileno())
    if report is not None:
        _log.info("imported", **{key: value for key, value in report.body().items() if key != "failures"})
    return 0


def _on_input(stop: Stop) -> None:
    """Whoever started us is gone: nothing is ever written there."""
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    stop.ask()
