"""A small TCP proxy that spoils what it passes on: delays, cuts, halves, hangs and refuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum

from tests.faults.processes_under_test import free_port


class Mode(StrEnum):
    """What it does at the moment."""

    PASS = "pass"
    HANG = "hang"  # takes what comes and passes nothing on
    CUT = "cut"  # cuts every connection, and each new one once it is made
    HALF = "half"  # passes half of the next answer on, and cuts


class FaultProxy:
    """Listens on `port` for the server on `target`. `mode` and `delay` (seconds, on the way back) may change at any
    time."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = free_port()
        self.mode = Mode.PASS
        self.delay = 0.0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FaultProxy]:
        """Listen while the block lasts."""
        await self.accept()
        try:
            yield self
        finally:
            await self.refuse()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def accept(self) -> None:
        """Listen, again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)

    async def refuse(self) -> None:
        """Refuse connections, and cut those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Cut every connection now."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.mode is Mode.CUT:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, forth}
        ways = [
            asyncio.create_task(self._pass_on(reader, forth, is_answer=False)),
            asyncio.create_task(self._pass_on(back, writer, is_answer=True)),
        ]
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= {writer, forth}
            for each in (writer, forth):
                each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        while data := await reader.read(65536):
            if is_answer and self.delay:
                await asyncio.sleep(self.delay)
            while self.mode is Mode.HANG:  # noqa: ASYNC110 - the mode is a plain value
                await asyncio.sleep(0.05)
            if self.mode is Mode.CUT:
                raise ConnectionAbortedError
            if self.mode is Mode.HALF and is_answer:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                raise ConnectionAbortedError
            writer.write(data)
            await writer.drain()
        writer.transport.abort() if is_answer else writer.write_eof()
