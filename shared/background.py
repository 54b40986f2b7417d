"""Stopping the tasks that run beside an application."""

import asyncio
from collections.abc import Collection
from typing import Any

from shared.log import get_logger

_AGAIN_SECONDS = 0.2
_log = get_logger(__name__)


async def stop(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait until they have ended; what they raised is logged, not raised.

    A client library may swallow a cancellation that meets the end of its own wait (on Python 3.11 `asyncio.wait_for`
    does), and the task then runs on: it is cancelled again until it ends, or the process could not stop.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_SECONDS)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background_task_failed", task=task.get_name(), error=type(error).__name__, exc_info=error)
