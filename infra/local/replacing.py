"""How a new process that takes over says that it is ready, and how one asks the supervisor for a restart."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Self

from infra.local.child import Child
from infra.local.pids import is_running
from infra.local.state import StackFolder

RESTARTABLE = ("auth", "policy", "web", "gateway", "worker")
"""In the order in which they are restarted when all are."""
_LOOK_SECONDS = 0.1


class ReadyPipe:
    """A pipe into which a process writes a line once it takes requests."""

    def __enter__(self) -> Self:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._read_end)
        self.close_write_end()

    def close_write_end(self) -> None:
        """Ours; the process has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    async def failure(self, child: Child, seconds: float) -> str:
        """Empty once it is ready; else what went wrong."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._read_end, readable.set)
        ending, ready = asyncio.create_task(child.ended()), asyncio.create_task(readable.wait())
        try:
            await asyncio.wait({ending, ready}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if ready.done() and os.read(self._read_end, 16):
                return ""
            if not ending.done():
                await asyncio.wait({ending}, timeout=0 if not ready.done() else 1)
            return f"ended with {ending.result()}" if ending.done() else f"was not ready within {seconds:.0f} s"
        finally:
            loop.remove_reader(self._read_end)
            for task in (ending, ready):
                task.cancel()


class CannotRestart(Exception):
    """The stack does not run, is busy, or a new process did not come up; the message is for people."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a restart is; written by the supervisor, read by who asked for it."""

    number: str
    done: tuple[str, ...] = ()
    failure: str = ""
    finished: bool = False


class Requests:
    """The two files below the data folder through which a restart is asked for and reported."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "restart.json"
        self._told = folder / "restarted.json"
        self._lock = folder / "restart.lock"

    def ask(self, folder: StackFolder, names: Sequence[str]) -> Iterator[str]:
        """Has the supervisor restart them one after the other; gives each name once it is done.

        Raises:
            CannotRestart
        """
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CannotRestart("another restart is under way") from None
            yield from self._ask(folder, names)
        finally:
            os.close(descriptor)

    def _ask(self, folder: StackFolder, names: Sequence[str]) -> Iterator[str]:
        state = folder.read()
        if state is None or not is_running(state.supervisor):
            raise CannotRestart("the stack does not run")
        number = token_hex(8)
        _replace(self._asked, {"number": number, "names": list(names)})
        os.kill(state.supervisor_pid, signal.SIGUSR1)
        seen = 0
        while True:
            outcome = self._outcome()
            if outcome.number == number:
                yield from outcome.done[seen:]
                seen = len(outcome.done)
                if outcome.failure:
                    raise CannotRestart(outcome.failure)
                if outcome.finished:
                    return
            if not is_running(state.supervisor):
                raise CannotRestart("the supervisor ended meanwhile")
            time.sleep(_LOOK_SECONDS)

    async def serve(self, restart: Callable[[str], Awaitable[None]]) -> None:
        """What the supervisor does when it is asked: `restart` each, in turn, and report. Reports what it raises."""
        try:
            asked = json.loads(self._asked.read_text())
            number, names = str(asked["number"]), [str(name) for name in asked["names"]]
        except (OSError, ValueError, KeyError, TypeError):
            return
        done: list[str] = []
        failure = "the restart was given up"
        try:
            for name in names:
                _replace(self._told, asdict(Outcome(number, tuple(done))))
                await restart(name)
                done.append(name)
            failure = ""
        except Exception as error:  # whoever asked is to learn of it, whatever it is; the stack goes on
            failure = str(error) or type(error).__name__
        finally:
            _replace(self._told, asdict(Outcome(number, tuple(done), failure, finished=True)))

    def _outcome(self) -> Outcome:
        with suppress(OSError, ValueError, TypeError, KeyError):
            values = json.loads(self._told.read_text())
            return Outcome(values["number"], tuple(values["done"]), values["failure"], values["finished"])
        return Outcome("")


def _replace(path: Path, content: object) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(content) + "\n")
    fresh.replace(path)
