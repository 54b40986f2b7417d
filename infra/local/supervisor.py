"""Starts the whole stack in order of dependency, keeps it running, and stops it in order."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from infra.local.database import prepare_database
from infra.local.orphans import end_orphans
from infra.local.output import Output
from infra.local.plan import TOLD, Plan, told_name
from infra.local.ports import require_free
from infra.local.probes import ask, loopback
from infra.local.process import POLL, Process, ProcessSpec, StartFailed
from infra.local.replacing import RESTARTABLE, Requests
from infra.local.state import StackFolder, StackState, ourselves

SETTLE = 5.0  # seconds; what is not well by then shows in `openpolicy status`
GRACE = 12.0  # seconds from the request to end to the kill; what services give their requests is less
# Each group stops together, after the one before it: nobody loses what they still need.
STOP_ORDER = (("gateway",), ("web",), ("auth", "policy", "worker"), ("valkey",), ("postgres",))

WhenUp = Callable[[Awaitable[float]], Awaitable[None]]


class Supervisor:
    """One run of the stack on one data folder, whose lock the caller holds."""

    def __init__(self, plan: Plan, folder: StackFolder, output: Output) -> None:
        self._plan = plan
        self._folder = folder
        self._output = output
        self._processes: dict[str, Process] = {}
        self._phase = "starting"
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._self = ourselves()
        self._requests = Requests(folder.folder)
        self._restarting: asyncio.Task[None] | None = None

    async def run(self, when_up: WhenUp) -> None:
        """Runs until a signal asks it to end. Awaits `when_up(settled)` once every process is up; `settled` gives the
        seconds the start took, as soon as the gateway sees all the others.

        Whatever happens, no process is left behind.

        Raises:
            StartFailed, PortTaken, PostgresFailed, MigrationFailed, psycopg.Error: the start failed.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGUSR1, self._asked_to_restart)
        began = time.monotonic()
        work = asyncio.create_task(self._start(began, when_up))
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                await stop
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)
            await self._stop_all()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
                loop.remove_signal_handler(number)

    async def _start(self, began: float, when_up: WhenUp) -> None:
        await asyncio.to_thread(end_orphans, self._folder, self._plan.postgres, self._output)
        self._record()
        self._require_ports()
        for server in (self._plan.postgres, self._plan.valkey):
            if server is not None:
                await asyncio.to_thread(server.prepare)
        await self._bring_up(self._plan.servers())
        for name in await asyncio.to_thread(prepare_database, self._plan):
            self._output.say(f"applied migration {name}")
        await self._bring_up(self._plan.services())
        for service in TOLD:
            self._plan.secrets.write(told_name(service), json.dumps(self._plan.told(service)))
        settled = asyncio.create_task(self._settle(began))
        try:
            await when_up(settled)
            await settled
        finally:
            settled.cancel()

    def _require_ports(self) -> None:
        settings = self._plan.settings
        for setting, port in settings.ports().items():
            require_free(setting, settings.gateway_host if setting == "GATEWAY_PORT" else "127.0.0.1", port)

    async def _bring_up(self, specs: Sequence[ProcessSpec]) -> None:
        started = []
        for spec in specs:
            process = Process(spec, self._output, self._record)
            self._processes[spec.name] = process
            started.append(process)
        try:
            async with asyncio.TaskGroup() as group:
                for process in started:
                    group.create_task(process.start())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _settle(self, began: float) -> float:
        """Waits a little for the gateway to see that the services behind it are there. Returns the seconds of it all.

        It may have started before them, and looks again a second later.
        """
        settings = self._plan.settings
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                while not (await ask(loopback(settings.gateway_host), settings.gateway_port, "/health")).ok:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(POLL)
        self._phase = "ready"
        self._record()
        return time.monotonic() - began

    def _asked_to_restart(self) -> None:
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._requests.serve(self._restart))

    async def _restart(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or name not in RESTARTABLE or self._phase != "ready":
            raise StartFailed(f"{name} cannot be restarted now: the stack is {self._phase}")
        self._output.say(f"restarting {name}")
        await process.replace(GRACE)
        self._output.say(f"{name} was restarted")

    async def _stop_all(self) -> None:
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.wait({self._restarting})
        self._phase = "stopping"
        self._record()
        for names in STOP_ORDER:
            group = [self._processes[name] for name in names if name in self._processes]
            await asyncio.gather(*(process.stop(GRACE, self._hurry) for process in group))
        self._phase = "stopped"
        self._record()

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._output.say("stopping at once")
            self._hurry.set()
        else:
            self._output.say("stopping; ask again to hurry")
            self._stop.set()

    def _record(self) -> None:
        settings = self._plan.settings
        external = [
            name
            for name, server in (("postgres", self._plan.postgres), ("valkey", self._plan.valkey))
            if server is None
        ]
        state = StackState(
            supervisor_pid=self._self.pid,
            supervisor_started=self._self.started,
            phase=self._phase,
            address=settings.address,
            gateway_host=settings.gateway_host,
            external=tuple(external),
            processes=tuple(process.state for process in self._processes.values()),
        )
        with suppress(OSError):  # a full disk must not end the stack; status then shows what was last written
            self._folder.write(state)
