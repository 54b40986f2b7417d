"""Ends what an earlier supervisor left running when it was killed or crashed. Only call with the folder's lock held."""

from __future__ import annotations

import signal
from contextlib import suppress

from infra.local.output import Output
from infra.local.pids import ProcessId, end, identify, marked
from infra.local.postgres import PostgresServer
from infra.local.state import StackFolder

_GRACE = 5.0


def end_orphans(folder: StackFolder, postgres: PostgresServer | None, output: Output) -> None:
    """Blocking, as long as the processes take to end. Services first, the database last and gently."""
    state = folder.read()
    recorded = {each.process: each.name for each in state.processes if each.pid} if state else {}
    left = {*recorded, *marked(folder.folder)}
    keeper = _postmaster(postgres)
    if keeper is not None:
        left.discard(keeper)
    ended = end((process for process in left if recorded.get(process) != "postgres"), _GRACE)
    databases = [process for process in left if recorded.get(process) == "postgres"]
    ended += end([*databases, *([keeper] if keeper else [])], _GRACE, signal.SIGINT)
    if ended:
        numbers = ", ".join(str(process.pid) for process in ended)
        output.say(f"ended what an earlier run left behind (processes {numbers})")


def _postmaster(postgres: PostgresServer | None) -> ProcessId | None:
    """The server that runs on our data folder by its own lock file, should the state not know it."""
    if postgres is None:
        return None
    with suppress(OSError, ValueError, IndexError):
        pid = int((postgres.data / "postmaster.pid").read_text().splitlines()[0])
        # After a restart of the machine the number may be somebody else's: its command line must name our folder.
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if str(postgres.data).encode() in file.read().split(b"\0"):
                return identify(pid)
    return None
