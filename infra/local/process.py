"""One process of the stack: started, watched until it is well, started again when it crashes, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.deathsig import die_with_parent
from infra.local.identity import OURSELVES, Identity
from infra.local.output import LinePump, Output
from infra.local.pids import ProcessId, identify
from infra.local.state import ProcessState

BACK_OFF = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each next start; the last one repeats
STABLE_AFTER = 30.0  # seconds up, after which earlier crashes are forgotten
POLL = 0.05
LAST_WORDS = 0.5  # seconds we listen after a process has ended, should another one hold its output open
FIRST_TRIES = 3  # crashes before it was ever up, after which the start as a whole has failed


class StartFailed(Exception):
    """A process does not come up; the message names it and holds its last words."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How one process is started, asked for its health, and stopped."""

    name: str
    port: int  # 0: it listens on none
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str]
    folder: Path  # where it runs
    identity: Identity = OURSELVES
    stop_signal: int = signal.SIGTERM
    start_timeout: float = 60.0
    before_start: Callable[[], None] = field(default=lambda: None)  # blocking and short; runs before every start


class Process:
    """Keeps one process running from `start()` to `stop()`. Calls `changed` after each change worth recording."""

    def __init__(self, spec: ProcessSpec, output: Output, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.restarts = 0
        self._output = output
        self._changed = changed
        self._pump = LinePump(spec.name, output)
        self._child: asyncio.subprocess.Process | None = None
        self._id: ProcessId | None = None
        self._since = 0.0
        self._phase = "stopped"
        self._stopping = asyncio.Event()
        self._failed: str | None = None
        self._up = asyncio.Event()  # set once, at the first time it is well or has failed for good
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> ProcessState:
        known = self._id or ProcessId(0, "")
        return ProcessState(
            self.spec.name, known.pid, known.started, self._since, self.restarts, self._phase, self.spec.port
        )

    async def start(self) -> None:
        """Returns when the process is well for the first time.

        Raises:
            StartFailed: it ended several times or was not well in time.
        """
        self._task = asyncio.create_task(self._keep_running(), name=f"keep {self.spec.name} running")
        try:
            async with asyncio.timeout(self.spec.start_timeout):
                await self._up.wait()
        except TimeoutError:
            self._failed = f"was not well within {self.spec.start_timeout:.0f} s"
        if self._failed:
            words = "\n".join(f"  {line}" for line in self._pump.tail) or "  (it said nothing)"
            raise StartFailed(f"{self.spec.name} {self._failed}. Its last words:\n{words}")

    async def stop(self, grace: float, hurry: asyncio.Event) -> None:
        """Asks it to end, and kills what is left of it after `grace` seconds or as soon as `hurry` is set."""
        self._stopping.set()
        if self._task is None:
            return
        if self._child is not None:
            _signal(self._child, self.spec.stop_signal)
        impatience = asyncio.ensure_future(hurry.wait())
        await asyncio.wait({self._task, impatience}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        impatience.cancel()
        if not self._task.done():
            self._output.say(f"{self.spec.name} did not end in time and is killed")
            if self._child is not None:
                _kill_group(self._child)
        await self._task
        self._become("stopped")

    async def _keep_running(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STABLE_AFTER:
                crashes = 0
            delay = BACK_OFF[min(crashes, len(BACK_OFF) - 1)]
            crashes += 1
            how = f"ended with {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"
            if not self._up.is_set() and crashes >= FIRST_TRIES:
                self._failed = f"{how} {crashes} times"
                self._up.set()
                self._become("stopped")
                return
            self._output.say(f"{self.spec.name} {how}; starting it again in {delay:g} s")
            self._become("waiting")
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()
            self.restarts += 1

    async def _run_once(self) -> int:
        """Starts it, watches its health, and returns its exit code."""
        try:
            await asyncio.to_thread(self.spec.before_start)
            child, reader, pipe = await self._spawn()
        except OSError as error:
            self._pump.tail.append(str(error))
            return 127
        self._child = child
        self._id = identify(child.pid)
        self._since = time.time()
        self._become("starting")
        if self._stopping.is_set():  # asked to stop while it was being started
            _signal(child, self.spec.stop_signal)
        health = asyncio.create_task(self._watch_health())
        pump = asyncio.create_task(self._pump.run(reader))
        code = await child.wait()
        health.cancel()
        _kill_group(child)  # its own children, if it had any, must not outlive it
        await asyncio.wait({health, pump}, timeout=LAST_WORDS)
        pipe.close()
        await pump
        return code

    async def _spawn(self) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader, asyncio.BaseTransport]:
        identity = self.spec.identity
        # A pipe of our own: asyncio's lets nobody see that a child has ended while a grandchild holds the other end.
        read_end, write_end = os.pipe()
        try:
            child = await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.spec.folder,
                env=dict(self.spec.environment),
                user=identity.user,
                group=identity.group,
                extra_groups=identity.extra_groups,
                start_new_session=True,  # Ctrl-C is for the supervisor, which then stops everything in order
                preexec_fn=die_with_parent(self.spec.stop_signal),
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        reader = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", 0)
        )
        return child, reader, pipe

    async def _watch_health(self) -> None:
        while not await self.spec.ready():  # noqa: ASYNC110 - the answer comes from another process, not an event
            await asyncio.sleep(POLL)
        self._become("up")
        if self.restarts:
            self._output.say(f"{self.spec.name} is well again")
        self._up.set()

    def _become(self, phase: str) -> None:
        self._phase = phase
        self._changed()


def _signal(child: asyncio.subprocess.Process, number: int) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.send_signal(number)


def _kill_group(child: asyncio.subprocess.Process) -> None:
    # It leads a group of its own (start_new_session), whose number stays its own while a member lives.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
