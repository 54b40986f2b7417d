"""Plain sockets for tests: requests that no client would send, and services that no framework would be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def connect(base: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server at `base`."""
    parts = urlsplit(base)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def ask(base: str, request: bytes, *, seconds: float = 10) -> bytes:
    """Send `request` and return everything until the server closes."""
    reader, writer = await connect(base)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(seconds):
            return await read_all(reader)
    finally:
        writer.close()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """Everything until the end, be it orderly or not."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65536):
            received += chunk
    return received


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """A request or response head, with its blank line."""
    return await reader.readuntil(b"\r\n\r\n")


@contextlib.asynccontextmanager
async def serving(handle: Serve) -> AsyncIterator[str]:
    """A raw server on a free port; yields its base address."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handle(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
