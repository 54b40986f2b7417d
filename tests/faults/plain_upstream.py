"""A plain service for the gateway to stand before, as a process of its own: `python -m tests.faults.plain_upstream`.

It answers every path with 200; the query says how: `size` bytes of `x`, after `wait` seconds, in `pieces` that take
`over` seconds together, with `status`, and `chunked`. What it carries out it notes by its `mark` in a journal, which
outlives a kill. `/health` always passes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httptools
import uvloop

_PASS = b'{"status":"pass"}'


class _Exchange(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, options: argparse.Namespace, journal: int, connections: set[_Exchange]) -> None:
        self._connections = connections
        self._options = options
        self._journal = journal
        self._transport: Any = None
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._begin()

    def _begin(self) -> None:
        self._url, self._received = b"", 0
        self._parser = httptools.HttpRequestParser(self)
        if self._options.idle and self._transport is not None:
            self._idle = asyncio.get_running_loop().call_later(self._options.idle, self._transport.close)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._connections.add(self)

    def leave(self) -> None:
        """Close once nothing is under way."""
        if self._task is None or self._task.done():
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._task is not None and not self._task.done():
            self._note("gone")
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._note("bad")
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, data: bytes) -> None:
        self._received += len(data)

    def on_message_complete(self) -> None:
        parts = urlsplit(self._url.decode())
        self._asked = dict(parse_qsl(parts.query))
        if parts.path == "/health":
            self._write(200, _PASS, "application/json")
            self._begin()
            return
        self._note("done")
        self._task = asyncio.create_task(self._answer(self._asked))

    def _note(self, what: str) -> None:
        mark = getattr(self, "_asked", {}).get("mark", "-")
        os.write(self._journal, f"{what} {mark} {self._received}\n".encode())

    async def _answer(self, asked: Mapping[str, str]) -> None:
        options = self._options
        if wait := float(asked.get("wait", options.wait)):
            await asyncio.sleep(wait)
        status = int(asked.get("status", "200"))
        if random.random() < options.fail_share:  # noqa: S311 - faults, not secrets
            if options.fail_how == "cut":
                self._transport.abort()
                return
            status = 500
        size, pieces = int(asked.get("size", "512")), int(asked.get("pieces", "1"))
        if pieces == 1:
            self._write(status, b"x" * size)
        else:
            self._transport.write(self._head(status, "text/plain", size))
            for _ in range(pieces):
                self._transport.write(b"x" * (size // pieces))
                await asyncio.sleep(float(asked.get("over", "0")) / pieces)
        if not self._transport.is_closing():
            self._begin()

    def _write(self, status: int, body: bytes, media_type: str = "text/plain") -> None:
        self._transport.write(self._head(status, media_type, len(body)) + body)

    def _head(self, status: int, media_type: str, length: int) -> bytes:
        return (
            f"HTTP/1.1 {status} Answer\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n"
            f"Cache-Control: no-store\r\nX-Upstream: {self._options.name}\r\n\r\n"
        ).encode()


async def serve(options: argparse.Namespace) -> None:
    """Listen until TERM; then finish what is under way."""
    journal = os.open(options.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    loop = asyncio.get_running_loop()
    connections: set[_Exchange] = set()
    server = await loop.create_server(
        lambda: _Exchange(options, journal, connections), "127.0.0.1", options.port, backlog=1024
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    await asyncio.sleep(0.5)  # for those who connected a moment ago
    while connections:
        for each in list(connections):
            each.leave()
        await asyncio.sleep(0.02)


def main(arguments: list[str]) -> None:
    """The program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", required=True)
    parser.add_argument("--name", default="one")
    parser.add_argument("--wait", type=float, default=0.0)
    parser.add_argument("--idle", type=float, default=0.0, help="close a connection that is idle for so long")
    parser.add_argument("--fail-share", type=float, default=0.0)
    parser.add_argument("--fail-how", choices=("500", "cut"), default="500")
    uvloop.run(serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
