"""Tells one process from another that later received its number, and finds the processes a crash left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Every process of a stack carries this variable with the absolute data folder as its value.
MARKER = "OPENPOLICY_STACK"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process and when it started, in the system's own words; the pair is unique where the number alone is not."""

    pid: int
    started: str


def identify(pid: int) -> ProcessId | None:
    """The process that has this number now; None when there is none or it has already ended (a zombie)."""
    if _PROC.is_dir() and (_PROC / "self").exists():
        return _identify_from_proc(pid)
    # The number is an int, the rest fixed words.
    done = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    state, _, started = done.stdout.strip().partition(" ")
    return ProcessId(pid, started.strip()) if started and not state.startswith("Z") else None


def _identify_from_proc(pid: int) -> ProcessId | None:
    try:
        # The name, in brackets, may itself hold spaces and brackets.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else ProcessId(pid, f"{boot}/{fields[19]}")


def is_running(process: ProcessId) -> bool:
    return identify(process.pid) == process


def marked(folder: Path) -> list[ProcessId]:
    """Processes of a stack on `folder`, known by the variable in their environment. Empty where there is no /proc."""
    wanted = f"{MARKER}={folder}".encode()
    found = []
    for entry in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                process = identify(int(entry.name))
                if process is not None and process.pid != os.getpid():
                    found.append(process)
    return found


def end(processes: Iterable[ProcessId], grace: float, first_signal: int = signal.SIGTERM) -> list[ProcessId]:
    """Asks the processes to end, waits up to `grace` seconds, then kills what is left. Returns those it found."""
    found = [process for process in processes if is_running(process)]
    for process in found:
        _send(process, first_signal)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(map(is_running, found)):
        time.sleep(0.02)
    for process in filter(is_running, found):
        _send(process, signal.SIGKILL)
    while any(map(is_running, found)):
        time.sleep(0.02)
    return found


def _send(process: ProcessId, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)
