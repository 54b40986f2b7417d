"""The sockets a service listens on: its own, or handed over by whoever started it.

A listening socket that closes takes the connections along that wait in its queue: their clients see a reset. A restart
without a failed request therefore never closes it. The supervisor opens it, and hands it to the old process and to the
new one; both accept from the same queue for a moment, then the old one leaves.
"""

import contextlib
import os
import socket
from collections.abc import Sequence

from aiohttp import web

from shared.settings import ServiceSettings

BACKLOG = 1024
"""Connections that may wait to be accepted; the system may allow fewer (net.core.somaxconn)."""


def open_sockets(settings: ServiceSettings) -> list[socket.socket]:
    """The sockets that were handed over, else one for each address of HOST. Raises OSError."""
    if settings.listen_descriptors:
        return [socket.socket(fileno=number) for number in settings.listen_descriptors]
    return bind(settings.host, settings.port)


def bind(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; with `shared`, others of this user may listen there as well, and
    the kernel spreads connections over them (SO_REUSEPORT). Port 0 picks a free one, the same for all. Raises OSError.
    """
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[socket.socket] = []
    with contextlib.ExitStack() as undo:
        for family, _, _, _, address in dict.fromkeys(found):
            each = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family is socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if shared:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind((address[0], port, *address[2:]))
            each.listen(BACKLOG)
            each.setblocking(False)
            port = port or each.getsockname()[1]
            opened.append(each)
        undo.pop_all()
    return opened


async def listen(runner: web.BaseRunner, sockets: Sequence[socket.socket]) -> None:
    """Accept connections from now on."""
    for each in sockets:
        await web.SockSite(runner, each, backlog=BACKLOG).start()


def tell_ready(descriptor: int) -> None:
    """Write a line to the descriptor that the supervisor gave for this, if it gave one: traffic may come."""
    if descriptor >= 0:
        with contextlib.suppress(OSError):  # it does not wait any more
            os.write(descriptor, b"ready\n")
            os.close(descriptor)


def usable_cores() -> int:
    """How many processor cores this process may use: those it is bound to, within its container's limit."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError), open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
        quota, period = file.read().split()
        return max(1, min(bound, -(-int(quota) // int(period))))  # "max", where there is no limit, is no number
    return bound
