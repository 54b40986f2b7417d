"""How much processor time and memory the platform's processes took, from /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tests.bench.stack import Stack

NAMES = ("gateway", "policy", "postgres", "valkey")
_TICK = 1000 / os.sysconf("SC_CLK_TCK")


def spent(stack: Stack) -> dict[str, float]:
    """Milliseconds of processor time so far, by process; PostgreSQL with its sessions."""
    return {name: spent_by(stack.pid(name)) for name in NAMES}


def spent_by(pid: int) -> float:
    """The same for one process and its children."""
    return sum(map(_spent_by, _family(pid)))


def resident(pid: int) -> float:
    """Memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _family(pid: int) -> list[int]:
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(_fields(status)[1]) == pid:
                children.append(int(status.parent.name))
    return [pid, *children]


def _spent_by(pid: int) -> float:
    with suppress(OSError):
        fields = _fields(Path(f"/proc/{pid}/stat"))
        return (int(fields[11]) + int(fields[12])) * _TICK
    return 0.0


def _fields(status: Path) -> list[str]:
    """The fields from the state on; the name before may hold anything."""
    return status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
