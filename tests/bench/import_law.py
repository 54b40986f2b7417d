"""Imports an archive into a fresh embedded PostgreSQL as `openpolicy import` does, and says what it took.

    python -m tests.bench.import_law ARCHIVE [--importer canada-laws] [--then ARCHIVE ...] [--keep FOLDER] [--json FILE]

Prints wall time and its phases, processor seconds of the import's processes and of PostgreSQL, the largest resident
memory of the import's processes together (sampled twenty times a second), PostgreSQL's own, and the size of the
database. `--then` imports further archives into the same database, each measured. `--keep` leaves the database in a
folder, to be looked at. Exits 1 when an import fails or takes longer than --at-most seconds or --most-memory MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from infra.db.addresses import database_urls
from infra.db.bootstrap import bootstrap_blocking
from infra.local.launch import running
from infra.local.postgres import OWNER, PostgresServer
from tests.bench.stack import ROOT, free_port

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.05


@dataclass(slots=True)
class Measured:
    """One import. Seconds, and MiB."""

    archive: str
    wall: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    import_cpu: float = 0.0
    postgres_cpu: float = 0.0
    import_memory: float = 0.0
    """The largest sum over its processes at one moment."""
    postgres_memory: float = 0.0
    """The same for PostgreSQL's processes, their shared buffers counted once."""
    database: float = 0.0
    code: int = 0
    said: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        cores = (self.import_cpu + self.postgres_cpu) / self.wall if self.wall else 0.0
        return [
            f"{self.archive}: {self.wall:.1f} s, exit code {self.code}",
            "  phases       " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.phases.items()),
            f"  processor    import {self.import_cpu:.1f} s, PostgreSQL {self.postgres_cpu:.1f} s: {cores:.2f} cores",
            f"  memory       import {self.import_memory:.0f} MiB, PostgreSQL {self.postgres_memory:.0f} MiB (peaks)",
            f"  database     {self.database:.0f} MiB",
            *(f"  | {line}" for line in self.said),
        ]


def main() -> int:
    """Measure; returns the exit code."""
    asked = _arguments()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="opp-import-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        found = _measure_all(asked, folder)
    finally:
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n", encoding="utf-8")
    slow = any(one.wall > asked.at_most or one.import_memory > asked.most_memory for one in found[:1])
    return int(slow or any(one.code != 0 for one in found))


def _measure_all(asked: argparse.Namespace, folder: Path) -> list[Measured]:
    server = PostgresServer.locate(folder / "postgres", free_port(), "bench-owner", "durable")
    with running(server, folder / "postgres.log", stop_signal=signal.SIGINT, identity=server.identity) as process:
        with psycopg.connect(server.owner_url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {OWNER}")
        bootstrap_blocking(server.owner_url(), "bench-auth", "bench-policy")
        url = database_urls(server.owner_url(), "bench-auth", "bench-policy").policy_url
        found = []
        for archive in (asked.archive, *asked.then):
            found.append(_measure(archive, asked.importer, url, process.pid, folder))
            print("\n".join(found[-1].lines()), flush=True)  # noqa: T201 - what this program is for
    return found


def _measure(archive: Path, importer: str, url: str, postgres: int, folder: Path) -> Measured:
    measured = Measured(archive.name)
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    before, children = _spent([postgres]), _children_spent()
    started = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, "-m", "services.policy", "import", importer, str(archive)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(measured, program.pid, postgres, ended))
    sampler.start()
    _follow(program, started, measured)
    measured.code = program.wait()
    measured.wall = time.monotonic() - started
    ended.set()
    sampler.join()
    measured.import_cpu = _children_spent() - children
    measured.postgres_cpu = _spent([postgres, *_descendants(postgres)]) - before
    measured.database = sum(
        file.stat().st_size for file in (folder / "postgres/data/base").rglob("*") if file.is_file()
    )
    measured.database /= 2**20
    return measured


def _follow(program: subprocess.Popen[str], started: float, measured: Measured) -> None:
    """Note when each phase begins, and keep what the program says in the end."""
    name, since = "Starting", started
    assert program.stdout is not None, "it is piped"
    for line in program.stdout:
        if line.endswith(" …\n"):
            now = time.monotonic()
            measured.phases[name] = now - since
            name, since = line.removesuffix(" …\n"), now
        elif "%" not in line:
            measured.said.append(line.rstrip())
    measured.phases[name] = time.monotonic() - since


def _sample(measured: Measured, program: int, postgres: int, ended: threading.Event) -> None:
    while not ended.wait(_EVERY):
        ours = sum(_memory(pid)[0] for pid in (program, *_descendants(program)))
        memory = [_memory(pid) for pid in (postgres, *_descendants(postgres))]
        theirs = sum(all_ - shared for all_, shared in memory) + max((shared for _, shared in memory), default=0)
        measured.import_memory = max(measured.import_memory, ours / 2**20)
        measured.postgres_memory = max(measured.postgres_memory, theirs / 2**20)


def _memory(pid: int) -> tuple[int, int]:
    """Resident bytes of a process, and how many of them it may share."""
    with suppress(OSError):
        _, all_, shared, *_ = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
        return int(all_) * _PAGE, int(shared) * _PAGE
    return 0, 0


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text(encoding="ascii").split()):
                found += [child, *_descendants(child)]
    return found


def _spent(pids: Sequence[int]) -> float:
    """Processor seconds of processes, and of those of their children that ended."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / _TICK


def _children_spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--importer", default="canada-laws")
    parser.add_argument("--then", type=Path, nargs="*", default=[])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--at-most", type=float, default=float("inf"), help="seconds for the first archive")
    parser.add_argument("--most-memory", type=float, default=float("inf"), help="MiB for the first archive")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
