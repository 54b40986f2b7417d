"""What is running now, written to var/state.json at every change, and the lock that keeps a second start out.

The lock belongs to the supervisor's open file: the kernel frees it however the supervisor ends. The state names every
process with its start time, so that the next start can tell a left-over child from a stranger with the same number.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.local.pids import ProcessId, identify


class AlreadyRunning(Exception):
    """Another supervisor holds this data folder."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process of the stack. Times are Unix seconds."""

    name: str
    pid: int
    started: str  # the system's word for its start, see ProcessId
    since: float  # when this run of it began
    restarts: int
    phase: str  # starting, up, waiting (for its next start), stopped
    port: int

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack, as last written."""

    supervisor_pid: int
    supervisor_started: str
    phase: str  # starting, ready, stopping, stopped
    address: str
    gateway_host: str
    external: tuple[str, ...]  # servers not ours: "postgres", "valkey"
    processes: tuple[ProcessState, ...] = field(default=())

    @property
    def supervisor(self) -> ProcessId:
        return ProcessId(self.supervisor_pid, self.supervisor_started)

    def find(self, name: str) -> ProcessState | None:
        return next((process for process in self.processes if process.name == name), None)


class StackFolder:
    """The state file and the lock below one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    def acquire(self) -> None:
        """Takes the folder for this process until it ends.

        Raises:
            AlreadyRunning: another supervisor has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            state = self.read()
            who = f" (process {state.supervisor_pid}, {state.address})" if state else ""
            raise AlreadyRunning(
                f"openpolicy already runs on {self.folder}{who}. Stop it first, or give this one a data folder and "
                "ports of its own: OPENPOLICY_VAR=... GATEWAY_PORT=..."
            ) from None
        self._lock = descriptor

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Whether some supervisor runs on this folder now."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)

    def write(self, state: StackState) -> None:
        """Replaces the file in one step; a reader never sees half of it."""
        fresh = self.folder / "state.json.new"
        fresh.write_text(json.dumps(asdict(state), indent=1) + "\n")
        fresh.replace(self.state_file)

    def read(self) -> StackState | None:
        """The last state written; None when there is none or it was damaged."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            values: dict[str, Any] = json.loads(self.state_file.read_text())
            values["processes"] = tuple(ProcessState(**each) for each in values["processes"])
            values["external"] = tuple(values["external"])
            return StackState(**values)
        return None


def ourselves() -> ProcessId:
    """This process, as the state records it."""
    return identify(os.getpid()) or ProcessId(os.getpid(), "")
