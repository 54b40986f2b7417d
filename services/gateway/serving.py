"""The gateway as a process, or as several: runs until TERM or Ctrl-C."""

import asyncio
import gc
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop
from aiohttp import web

from services.gateway.app import NAME, open_gateway, require_c_extensions
from services.gateway.operations.board import Board
from services.gateway.processes import Parent, Place
from services.gateway.settings import GatewaySettings
from shared.collector import spare_the_collector
from shared.draining import drain
from shared.footprint import give_back_code
from shared.listening import bind, listen, open_sockets, tell_ready, usable_cores
from shared.log import configure, get_logger
from shared.settings import BadSettings

_CANNOT_LISTEN = 1
_log = get_logger(NAME)


async def serve(
    settings: GatewaySettings,
    sockets: Sequence[socket.socket],
    *,
    ready_descriptor: int,
    parent_descriptor: int = -1,
    board: Board | None = None,
) -> None:
    """Take requests until told to stop, or the parent is gone; then let those under way end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent_descriptor >= 0:
        loop.add_reader(parent_descriptor, stop.set)
    async with open_gateway(settings, board) as server:
        runner = web.ServerRunner(server, shutdown_timeout=1)  # what is under way then had its time
        await runner.setup()
        try:
            await listen(runner, sockets)
            host, port = runner.addresses[0][:2]
            _log.info("listening", host=host, port=port)
            spare_the_collector()
            give_back_code()
            tell_ready(ready_descriptor)
            await stop.wait()
            if parent_descriptor >= 0:
                loop.remove_reader(parent_descriptor)
            _log.info("stopping")
            server.drain()
            await asyncio.sleep(settings.notice_seconds)
            await drain(runner, sockets, seconds=settings.drain_seconds)
        finally:
            await runner.cleanup()


def main() -> int:
    """The exit status: 2 when the settings cannot be used, 1 when nothing can listen at the address."""
    try:
        settings = GatewaySettings.load()
        require_c_extensions()
    except BadSettings as error:
        print(error, file=sys.stderr)  # noqa: T201 - logging is not set up yet, and a person is to read it
        return 2
    configure(NAME, level=settings.log_level, style=settings.log_format)
    count = settings.processes or usable_cores()
    try:
        sockets = _sockets(settings, count)
    except OSError as error:
        _log.error("cannot_listen", host=settings.host, port=settings.port, said=str(error))
        return _CANNOT_LISTEN
    if count == 1:
        uvloop.run(serve(settings, sockets[0], ready_descriptor=settings.ready_descriptor))
        return 0
    return _run_several(settings, sockets)


def _sockets(settings: GatewaySettings, count: int) -> list[list[socket.socket]]:
    """For each process its own. Raises OSError."""
    if settings.listen_descriptors or count == 1:
        found = open_sockets(settings)
        if count == 1:
            return [found]
        return [[found[number % len(found)]] for number in range(count)]  # fewer than processes are shared
    first = bind(settings.host, settings.port, shared=True)
    port = first[0].getsockname()[1]
    return [first, *(bind(settings.host, port, shared=True) for _ in range(count - 1))]


def _run_several(settings: GatewaySettings, sockets: list[list[socket.socket]]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="openpolicy-gateway-"))
    board = Board(folder)

    def work(place: Place) -> int:
        uvloop.run(
            serve(
                settings,
                place.sockets,
                ready_descriptor=place.ready_descriptor,
                parent_descriptor=place.parent_descriptor,
                board=board,
            )
        )
        return 0

    gc.collect()
    gc.freeze()  # what is here now is the same for all processes, and stays in memory that they share
    give_back_code()
    try:
        return Parent(
            sockets,
            work,
            drain_seconds=settings.notice_seconds + settings.drain_seconds,
            ready_descriptor=settings.ready_descriptor,
            ended=board.ended,
        ).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
