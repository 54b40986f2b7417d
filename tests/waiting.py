"""Waiting for what no event tells."""

import asyncio
from collections.abc import Awaitable, Callable

_PATIENCE_SECONDS = 10.0


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return when `holds` does; raises TimeoutError when it never does."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in another process or server
            await asyncio.sleep(0.01)
