"""The end of a server that costs nobody a request."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

LINGER_SECONDS = 1.0
"""How long kept connections may bring a last request, whose answer then says that it is the last."""
_LOOK_SECONDS = 0.02


async def drain(runner: web.BaseRunner, sockets: Sequence[socket.socket], *, seconds: float) -> None:
    """Stop accepting, let the requests under way end within `seconds`, and close the connections that are idle.

    The caller has seen to it that answers say `Connection: close` by now. Connections that were made but not accepted
    yet are still served. A kept connection is closed when it brought no request for a second: its client is not cut
    off, since the next request that such a client sends is answered first.
    """
    server = runner.server
    loop = asyncio.get_running_loop()
    ours = [each.dup() for each in sockets]  # as long as one is open, nothing that waits in the queue is lost
    for site in list(runner.sites):
        await site.stop()
    if not isinstance(server, web.Server):
        return
    try:
        for each in ours:
            await _accept_the_rest(loop, server, each)
    finally:
        for each in ours:
            each.close()
    until = loop.time() + seconds
    linger_until = loop.time() + min(LINGER_SECONDS, seconds)
    while server.connections and loop.time() < until:
        if loop.time() >= linger_until:
            for connection in server.connections:
                if is_idle(connection):
                    connection.force_close()  # of an idle one: an orderly end
        await asyncio.sleep(_LOOK_SECONDS)


def is_idle(connection: RequestHandler) -> bool:
    """Whether it waits for a request. aiohttp says it nowhere; closing one that is not idle loses what it receives."""
    waiter = connection._waiter
    return waiter is not None and not waiter.done() and not connection._messages


async def _accept_the_rest(loop: asyncio.AbstractEventLoop, server: web.Server, listening: socket.socket) -> None:
    listening.setblocking(False)
    with contextlib.suppress(OSError):  # BlockingIOError when nobody waits any more
        while True:
            accepted, _ = listening.accept()
            accepted.setblocking(False)
            await loop.connect_accepted_socket(server, accepted)
