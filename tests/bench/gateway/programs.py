"""The programs that are measured: started on one processor, watched through /proc, and ended."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from infra.local.deathsig import die_with_parent
from tests.bench.stack import ROOT, CannotMeasure

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """Something that listens on a loopback port."""

    name: str
    port: int
    pid: int

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def processor_seconds(self) -> float:
        """What all its processes and threads used so far."""
        return sum(_scheduled(task) for pid in _family(self.pid) for task in Path(f"/proc/{pid}/task").glob("*"))

    def resident(self) -> float:
        """Memory in MiB."""
        pages = 0
        for pid in _family(self.pid):
            with suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def own(self) -> float:
        """Of that, MiB which are no pages of files (programs and libraries, which processes share)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("RssAnon:"))
        return int(line.split()[1]) / 1024


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where, so that the measured program has a processor for itself."""

    proxy: int
    rest: int

    @classmethod
    def available(cls) -> Cores:
        """The first and the last we may use; raises CannotMeasure where there is only one."""
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            raise CannotMeasure("two processors are needed: one for the proxy, one for its client and upstream")
        return cls(usable[0], usable[-1])


def free_port() -> int:
    """A port that nobody uses now, below those that the system gives to clients."""
    for port in random.sample(range(20_000, 32_000), 400):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise CannotMeasure("no free port was found")


@contextmanager
def started(
    name: str, command: Sequence[str], port: int, *, core: int, log: Path, environment: Mapping[str, str] | None = None,
    ready: str = "",
) -> Iterator[Program]:  # fmt: skip
    """Run a program on one processor until it is not needed any more. What it prints goes into `log`. It is ready when
    its port is open, or `ready` (a path) is answered with 200. Raises CannotMeasure."""
    known = {key: value for key, value in os.environ.items() if not key.endswith(("_URL", "_KEY", "_FILE"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=known | {"PYTHONPATH": str(ROOT)} | dict(environment or {}),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=_on_core(core),
        )  # fmt: skip
    try:
        _wait(name, process, port, ready, log)
        yield Program(name, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _on_core(core: int) -> Callable[[], None]:
    dies = die_with_parent(signal.SIGTERM)

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        if dies is not None:
            dies()

    return prepare


def _wait(name: str, process: subprocess.Popen[bytes], port: int, ready: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with suppress(OSError):
            if ready:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5):
                    return
            else:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace")[-500:]
    raise CannotMeasure(f"{name} did not start: {said}")


def _family(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text(encoding="ascii").split())
    return found


def _scheduled(task: Path) -> float:
    """Seconds on a processor; to the nanosecond, where /proc/PID/stat counts in hundredths of a second."""
    with suppress(OSError):
        return int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return 0.0
