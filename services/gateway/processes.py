"""Several gateway processes on one port: a small parent starts them, watches them, and ends them together.

The parent serves nothing and has no event loop and no thread, so that it can fork a new process at any time. It holds a
listening socket for each process (SO_REUSEPORT: the kernel spreads connections), which therefore stays open while a
process that died is started anew: whoever connects meanwhile waits some milliseconds instead of being refused.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from shared.listening import tell_ready
from shared.log import get_logger

BACK_OFF = (0.05, 0.2, 0.5, 1.0)  # seconds before each next start; the last repeats
_STABLE_AFTER = 30.0  # seconds, after which earlier deaths are forgotten
_FIRST_TRIES = 5  # deaths in a row before it was ever ready, after which all end: something is wrong with the machine
_BEYOND_DRAIN = 5.0  # seconds that processes get to close what they hold, after the requests they drain
_log = get_logger("gateway.processes")


@dataclass(frozen=True, slots=True)
class Place:
    """What one process is given."""

    number: int
    """From 0."""
    sockets: list[socket.socket]
    """Where it listens."""
    ready_descriptor: int
    """Gets a line once it listens."""
    parent_descriptor: int
    """Ends (reads nothing) when the parent died: then nobody needs it any more."""


@dataclass(slots=True)
class _Child:
    place: int
    pid: int = 0
    started: float = 0.0
    deaths: int = 0
    ready: int = -1
    """Our end of its ready pipe; -1 once it was read."""
    was_ready: bool = False
    due: float = 0.0
    """When it is to be started again, if it does not run."""


class Parent:
    """Runs one process for each element of `sockets`; `work` is what a process does, and its exit status."""

    def __init__(
        self,
        sockets: list[list[socket.socket]],
        work: Callable[[Place], int],
        *,
        drain_seconds: float,
        ready_descriptor: int = -1,
        ended: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._sockets = sockets
        self._work = work
        self._patience = drain_seconds + _BEYOND_DRAIN
        self._ready_descriptor = ready_descriptor
        self._ended = ended
        self._children = [_Child(number) for number in range(len(sockets))]
        self._stopping_since = 0.0
        self._status = 0
        self._alive = (-1, -1)
        self._wake = (-1, -1)

    def run(self) -> int:
        """Until TERM or Ctrl-C; the exit status. `ended` is called with the number of every process that ended."""
        self._alive, self._wake = os.pipe(), os.pipe()
        for end in self._wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake us
        while True:
            self._reap()
            if self._stopping_since:
                if not any(child.pid for child in self._children):
                    return self._status
                self._kill_the_late()
            else:
                self._start_the_due()
            self._wait()

    def _start_the_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if not child.pid and child.due <= now:
                self._start(child)

    def _start(self, child: _Child) -> None:
        child.ready, write_end = os.pipe()
        child.started = time.monotonic()
        child.pid = os.fork()
        if child.pid == 0:
            self._be(child, write_end)
        os.close(write_end)

    def _be(self, child: _Child, ready: int) -> NoReturn:
        """The forked process: it leaves only through the end of its work."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for descriptor in (self._alive[1], *self._wake, *(c.ready for c in self._children if c.ready >= 0)):
                os.close(descriptor)
            if self._ready_descriptor >= 0:
                os.close(self._ready_descriptor)
            for place, theirs in enumerate(self._sockets):
                if place != child.place:
                    for each in theirs:
                        each.close()
            status = self._work(Place(child.place, self._sockets[child.place], ready, self._alive[0]))
        except BaseException:
            _log.exception("process_failed", process=child.place)
        finally:
            os._exit(status)

    def _reap(self) -> None:
        for child in self._children:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._has_ended(child, os.waitstatus_to_exitcode(status))

    def _has_ended(self, child: _Child, code: int) -> None:
        self._read_ready(child)
        if child.ready >= 0:
            os.close(child.ready)
            child.ready = -1
        self._ended(child.pid)
        child.pid = 0
        if self._stopping_since:
            return
        lived = time.monotonic() - child.started
        child.deaths = 0 if lived > _STABLE_AFTER else child.deaths
        pause = BACK_OFF[min(child.deaths, len(BACK_OFF) - 1)]
        child.deaths += 1
        child.due = time.monotonic() + pause
        _log.error("process_ended", process=child.place, status=code, restart_in_seconds=pause)
        if not child.was_ready and child.deaths >= _FIRST_TRIES:
            self._status = 1
            self._stop()

    def _read_ready(self, child: _Child) -> None:
        if child.ready < 0 or not select.select([child.ready], [], [], 0)[0]:
            return
        if os.read(child.ready, 16):
            child.was_ready = True
            if all(c.was_ready for c in self._children):
                tell_ready(self._ready_descriptor)
                self._ready_descriptor = -1
        os.close(child.ready)
        child.ready = -1

    def _stop(self) -> None:
        """Nothing new comes to a socket that only we hold, so ours close first; the processes take what waits."""
        if self._stopping_since:
            return
        self._stopping_since = time.monotonic()
        for each in (each for theirs in self._sockets for each in theirs):
            each.close()
        for child in self._children:
            _signal(child.pid, signal.SIGTERM)

    def _kill_the_late(self) -> None:
        if time.monotonic() - self._stopping_since > self._patience:
            for child in self._children:
                _signal(child.pid, signal.SIGKILL)

    def _wait(self) -> None:
        """Until a signal, a process that is ready, or the next start is due."""
        due = [child.due for child in self._children if not child.pid]
        pause = 1.0 if self._stopping_since else max(0.0, min(due, default=time.monotonic() + 60) - time.monotonic())
        readable, _, _ = select.select(
            [self._wake[0], *(c.ready for c in self._children if c.ready >= 0)], [], [], pause
        )
        if self._wake[0] in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 4096)
        for child in self._children:
            if child.ready in readable:
                self._read_ready(child)


def _signal(pid: int, number: int) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
