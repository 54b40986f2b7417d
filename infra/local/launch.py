"""Runs one server program in the foreground of a short-lived caller: tests, and the doctor's trial runs.

The supervisor has its own, asynchronous way; this one is plain and blocking.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from infra.local.deathsig import die_with_parent
from infra.local.identity import OURSELVES, Identity


class Server(Protocol):
    """What PostgresServer and ValkeyServer have in common."""

    def command(self) -> list[str]: ...
    def prepare(self) -> None: ...
    def is_ready(self) -> bool: ...


class ServerFailed(Exception):
    """The server ended or did not become ready; the message holds the end of its log."""


@contextmanager
def running(
    server: Server,
    log: Path,
    *,
    identity: Identity = OURSELVES,
    stop_signal: int = signal.SIGTERM,
    timeout: float = 20,
) -> Iterator[subprocess.Popen[bytes]]:
    """Prepares and starts `server`, waits until it is ready, and stops it on leaving, whatever happened.

    Raises:
        ServerFailed: not ready within `timeout` seconds.
    """
    server.prepare()
    with log.open("ab") as output:
        # The command is made of our own paths.
        process = subprocess.Popen(  # noqa: S603
            server.command(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=identity.user,
            group=identity.group,
            extra_groups=identity.extra_groups,
            start_new_session=True,  # Ctrl-C in the terminal is for the caller, which then stops the server in order
            preexec_fn=die_with_parent(stop_signal),
        )
    try:
        _wait(server, process, log, timeout)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stop_signal)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not server.is_ready():
        if process.poll() is not None:
            raise ServerFailed(f"{server.command()[0]} ended with {process.returncode}: {_tail(log)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{server.command()[0]} was not ready after {timeout:.0f} s: {_tail(log)}")
        time.sleep(0.01)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]
