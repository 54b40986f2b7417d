"""Notices at once that a process ended: an idle connection to it breaks, long before the next probe is due."""

import asyncio
import contextlib
from urllib.parse import urlsplit

_CONNECT_SECONDS = 1.5


async def until_lost(url: str, *, default_port: int = 80) -> None:
    """Return when the other side closes the connection, or there is none to be had.

    Nothing is sent, and of `url` only host and port matter. A server also closes connections that are idle for long, so
    a lost one means: ask it now.
    """
    parts = urlsplit(url)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or default_port)
        try:
            await reader.read(1)
        finally:
            writer.close()
