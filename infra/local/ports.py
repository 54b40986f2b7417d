"""Whether a port is free, and who holds it when it is not."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path


class PortTaken(Exception):
    """A port the stack needs is in use; the message names the setting and, where it can be seen, the holder."""


def require_free(setting: str, host: str, port: int) -> None:
    """Raises PortTaken unless a server could listen on `host`:`port` now."""
    try:
        _try_listening(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = holder_of(port)
            by = f" by {holder}" if holder else ""
            raise PortTaken(
                f"port {port} is taken{by}. Stop it, or choose another port: {setting}={suggestion(host, port)}"
            ) from None
        if error.errno == errno.EACCES:
            raise PortTaken(
                f"port {port} may not be used by this user. Choose one above 1023: {setting}={suggestion(host, 8080)}"
            ) from None
        raise PortTaken(f"cannot listen on {host}:{port} ({setting}): {error.strerror}") from None


def is_free(host: str, port: int) -> bool:
    try:
        _try_listening(host, port)
    except OSError:
        return False
    return True


def suggestion(host: str, port: int) -> int:
    """The next free port above `port`."""
    return next((candidate for candidate in range(port + 1, min(port + 200, 65536)) if is_free(host, candidate)), 0)


def holder_of(port: int) -> str | None:
    """`process 123 (nginx)`, or None when it belongs to another user or the system does not tell (no /proc)."""
    sockets = _listening_sockets(port)
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    if os.readlink(descriptor) in sockets:
                        return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return None


def _listening_sockets(port: int) -> set[str]:
    wanted = f":{port:04X}"
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted) and fields[3] == "0A":  # listening
                    found.add(f"socket:[{fields[9]}]")
    return found


def _try_listening(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers do: connections that ended a moment ago are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)
