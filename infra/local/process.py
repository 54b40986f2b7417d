"""One process of the stack: started, watched until it is well, started again when it crashes, replaced, stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.child import Child
from infra.local.identity import OURSELVES, Identity
from infra.local.output import LinePump, Output
from infra.local.pids import ProcessId
from infra.local.replacing import ReadyPipe
from infra.local.state import ProcessState

BACK_OFF = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each next start; the last one repeats
STABLE_AFTER = 30.0  # seconds up, after which earlier crashes are forgotten
POLL = 0.05
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
    listen: Callable[[], list[socket.socket]] = field(default=list)  # what we listen on for it; may raise OSError


class Process:
    """Keeps one process running from `start()` to `stop()`. Calls `changed` after each change worth recording.

    The sockets it listens on are opened here and handed to it, so that a replacement takes over from it without closing
    any. After a crash they are closed at once: nobody waits for a process that is not there.
    """

    def __init__(self, spec: ProcessSpec, output: Output, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.restarts = 0
        """After crashes; not counting those that were asked for."""
        self._output = output
        self._changed = changed
        self._pump = LinePump(spec.name, output)
        self._child: Child | None = None
        self._sockets: list[socket.socket] = []
        self._phase = "stopped"
        self._stopping = asyncio.Event()
        self._not_replacing = asyncio.Event()
        self._not_replacing.set()
        self._asked_to_end: Child | None = None
        self._failed: str | None = None
        self._up = asyncio.Event()  # set once, at the first time it is well or has failed for good
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> ProcessState:
        known = self._child.id if self._child else ProcessId(0, "")
        since = self._child.since if self._child else 0.0
        return ProcessState(self.spec.name, known.pid, known.started, since, self.restarts, self._phase, self.spec.port)

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
            raise StartFailed(self._with_last_words(self._failed))

    async def stop(self, grace: float, hurry: asyncio.Event) -> None:
        """Asks it to end, and kills what is left of it after `grace` seconds or as soon as `hurry` is set."""
        self._stopping.set()
        if self._task is None:
            return
        self._close_sockets()  # before it is told, so that it takes the last who connected and nobody comes after
        if self._child is not None:
            self._child.signal(self.spec.stop_signal)
        impatience = asyncio.ensure_future(hurry.wait())
        await asyncio.wait({self._task, impatience}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        impatience.cancel()
        if not self._task.done():
            self._output.say(f"{self.spec.name} did not end in time and is killed")
            if self._child is not None:
                self._child.kill()
        await self._task
        self._become("stopped")

    async def replace(self, grace: float) -> None:
        """Starts another one beside it, and ends the old one once the new one takes requests; the old one has `grace`
        seconds for those it has. What listens on nothing is ended and started again.

        Raises:
            StartFailed: the new one does not come up, or there is none to replace. The old one, if any, goes on.
        """
        old = self._child
        if old is None or self._phase != "up":
            raise StartFailed(f"{self.spec.name} is {self._phase}; only what is up can be replaced")
        if not self._sockets:
            await self._end_and_start(old, grace)
            return
        self._not_replacing.clear()
        fresh: Child | None = None
        try:
            with ReadyPipe() as pipe:
                fresh = await self._spawn(pipe.write_end)
                pipe.close_write_end()
                failure = await pipe.failure(fresh, self.spec.start_timeout)
            if failure:
                raise StartFailed(self._with_last_words(f"cannot be replaced: the new one {failure}"))
            self._child, fresh = fresh, None
            self._changed()
        except OSError as error:
            raise StartFailed(f"{self.spec.name} cannot be replaced: {error}") from None
        finally:
            if fresh is not None:
                fresh.kill()
                await fresh.ended()
            self._not_replacing.set()
        await self._end(old, grace)

    async def _end_and_start(self, old: Child, grace: float) -> None:
        self._asked_to_end = old
        await self._end(old, grace)
        async with asyncio.timeout(self.spec.start_timeout):
            while self._child is old or self._phase != "up":  # noqa: ASYNC110 - what the health check finds
                await asyncio.sleep(POLL)

    async def _end(self, child: Child, grace: float) -> None:
        child.signal(self.spec.stop_signal)
        try:
            async with asyncio.timeout(grace):
                await child.ended()
        except TimeoutError:
            self._output.say(f"{self.spec.name}: the old one did not end in time and is killed")
        finally:
            child.kill()

    async def _keep_running(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            if self._child is not None and self._child is self._asked_to_end:
                self._become("waiting")
                continue
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
        """Starts it, watches its health, and returns its exit code once neither it nor a replacement runs."""
        try:
            await asyncio.to_thread(self.spec.before_start)
            self._sockets = self.spec.listen()
            child = self._child = await self._spawn()
        except OSError as error:
            self._close_sockets()
            self._pump.tail.append(str(error))
            return 127
        self._become("starting")
        if self._stopping.is_set():  # asked to stop while it was being started
            self._close_sockets()
            child.signal(self.spec.stop_signal)
        health = asyncio.create_task(self._watch_health())
        while True:
            code = await child.ended()
            await self._not_replacing.wait()
            if self._child is child:
                break
            child = self._child
        self._close_sockets()
        health.cancel()
        await asyncio.wait({health})
        return code

    async def _spawn(self, ready_descriptor: int = -1) -> Child:
        """Raises OSError."""
        spec = self.spec
        descriptors = [each.fileno() for each in self._sockets]
        environment = dict(spec.environment)
        if descriptors:
            environment["LISTEN_DESCRIPTORS"] = ",".join(map(str, descriptors))
        if ready_descriptor >= 0:
            environment["READY_DESCRIPTOR"] = str(ready_descriptor)
            descriptors.append(ready_descriptor)
        return await Child.start(
            spec.command, self._pump, folder=spec.folder, environment=environment, identity=spec.identity,
            stop_signal=spec.stop_signal, descriptors=descriptors,
        )  # fmt: skip

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets = []

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

    def _with_last_words(self, failure: str) -> str:
        words = "\n".join(f"  {line}" for line in self._pump.tail) or "  (it said nothing)"
        return f"{self.spec.name} {failure}. Its last words:\n{words}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
