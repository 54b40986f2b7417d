"""The processes that a row of `make faults` starts, hurts and ends. Only these, and only by their number."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.deathsig import die_with_parent
from infra.local.probes import ask
from tests.bench.stack import ROOT

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
_AWAY = "redis://127.0.0.1:1/0"
_PATIENCE = 30.0


class DidNotStart(Exception):
    """A process that a row needs did not come up; the message has its last words."""


@dataclass(slots=True)
class Started:
    """A running process."""

    name: str
    port: int
    child: subprocess.Popen[bytes]
    log: Path
    journal: Path | None = None

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its number."""
        return self.child.pid

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.child.poll() is None:
            self.child.send_signal(number)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.child.wait()

    def end(self) -> int:
        """Ask it to end; its exit status."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    def noted(self) -> list[tuple[str, str, int]]:
        """Lines of an upstream's journal: what happened, the mark, and how long the body was."""
        text = self.journal.read_text() if self.journal is not None and self.journal.exists() else ""
        return [(what, mark, int(size)) for what, mark, size in (line.split(" ") for line in text.splitlines())]

    @property
    def descriptors(self) -> int:
        """How many files and sockets it holds open, its children's too."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in family(self.pid))

    @property
    def sockets(self) -> int:
        """How many of them are sockets."""
        found = 0
        for pid in family(self.pid):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found += os.readlink(entry).startswith("socket:")
        return found

    @property
    def megabytes(self) -> float:
        """Memory that it holds, with its children's."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family(self.pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def family(pid: int) -> list[int]:
    """A process and its children."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]
    return [pid]


def free_port() -> int:
    """A port of loopback that nobody listens on now, below those that the kernel gives to clients."""
    for port in random.sample(range(20_000, 32_000), 400):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise DidNotStart("no port is free")


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where a row makes its processes; `folder` holds their logs and journals."""

    folder: Path

    @contextlib.asynccontextmanager
    async def upstream(self, name: str = "one", /, *, port: int = 0, **options: object) -> AsyncIterator[Started]:
        """A plain upstream; see `plain_upstream` for the options."""
        port = port or free_port()
        journal = self.folder / f"{name}.journal"
        words = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        command = ["tests.faults.plain_upstream", f"--port={port}", f"--journal={journal}", f"--name={name}", *words]
        with self._running(name, port, command, {}, journal) as started:
            await _until_answered(started, "/health")
            yield started

    @contextlib.asynccontextmanager
    async def gateway(self, policy_url: str, name: str = "gateway", /, **settings: object) -> AsyncIterator[Started]:
        """A gateway in front of it. Its limits are out of the way, and Redis is away, unless settings say otherwise."""
        port = int(str(settings.pop("port", 0))) or free_port()
        environment = {
            "INTERNAL_KEY": KEY, "REDIS_URL": _AWAY, "PORT": str(port), "LOG_FORMAT": "json",
            "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "6000000", "RATE_LIMIT_ANONYMOUS_BURST": "1000000",
            "AUTH_URL": policy_url, "POLICY_URL": policy_url, "WEB_URL": policy_url,
            **{key.upper(): str(value) for key, value in settings.items()},
        }  # fmt: skip
        with self._running(name, port, ["services.gateway"], environment) as started:
            await _until_answered(started, "/readyz")
            yield started

    @contextlib.contextmanager
    def _running(
        self, name: str, port: int, command: list[str], environment: Mapping[str, str], journal: Path | None = None
    ) -> Iterator[Started]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env={**kept, **environment}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        started = Started(name, port, child, log, journal)
        try:
            yield started
        finally:
            started.end()


async def _until_answered(started: Started, path: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while not (await ask("127.0.0.1", started.port, path)).ok:
        if started.child.poll() is not None or loop.time() > deadline:
            raise DidNotStart(f"{started.name} did not come up:\n{started.log.read_text(errors='replace')[-1500:]}")
        await asyncio.sleep(0.05)
