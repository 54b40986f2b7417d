"""Whether all of the published law leaves the same, in whatever order it is imported.

    python -m tests.fidelity.same_state [--data FOLDER] [--check]
    python -m tests.fidelity.same_state DATABASE_URL DATABASE_URL …

The first imports the laws of today, their older versions and the release before into new databases of a PostgreSQL of
its own, as `openpolicy import` does, in three orders; some minutes each. With --check the first of them is also held
against the published files, by `tests.fidelity.stored` and `tests.fidelity.links`. The second compares databases that
are there.

Prints rows and a SHA-256 of each, over everything held and all that is derived from it, without numbers and times that
differ between two imports of the same; how often words occur is counted anew before, since imports leave these figures
of ranking until a fiftieth of all has changed. Exit code 0 when all are the same; else it says which views DIFFER, and
of what.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psycopg
from psycopg import sql

from infra.db.addresses import database_urls
from infra.db.bootstrap import bootstrap_blocking
from infra.local.launch import running
from infra.local.postgres import PostgresServer
from services.policy.search import statistics
from services.policy.search.languages import ANALYSES
from tests.bench.stack import ROOT, free_port
from tests.fidelity import links, stored
from tests.policy.imported import BY_MEANING

LAWS, HISTORY, BEFORE = "laws_2026-07-23.zip", "history.zip", "previous_release_2026-06-08.zip"
ORDERS = ((LAWS, HISTORY, BEFORE), (BEFORE, LAWS, HISTORY), (HISTORY, BEFORE, LAWS))
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data")
_NAMED_AT_MOST = 20

State = Mapping[str, Mapping[str, tuple[int, bytes]]]
"""By view, and by what its rows are of: how many, and their SHA-256."""


def state(database_url: str) -> State:
    """What a database holds; the rows are hashed where they are, and in no order."""
    found = {}
    with psycopg.connect(database_url) as connection:
        connection.execute("SET statement_timeout = 0")
        for view, query in BY_MEANING.items():
            held = query.rpartition(" ORDER BY ")[0]
            rows = connection.execute(
                "SELECT of_what, count(*), sha256(string_agg(row, ''::bytea ORDER BY row)) "
                f"FROM (SELECT q.of_what::text, sha256(convert_to(q::text, 'UTF8')) AS row FROM ({held}) q (of_what)) r"
                " GROUP BY of_what".encode()
            )
            found[view] = {str(name): (int(count), bytes(digest)) for name, count, digest in rows}
    return found


def digest(found: State) -> str:
    """SHA-256 over all views."""
    whole = hashlib.sha256()
    for view, rows in found.items():
        for name, (count, each) in sorted(rows.items()):
            whole.update(f"{view}\0{name}\0{count}\0{each.hex()}\n".encode())
    return whole.hexdigest()


def differences(one: State, other: State) -> list[str]:
    """A line for each view that differs: how many, and the names of some."""
    lines = []
    for view in one:
        names = sorted(n for n in {*one[view], *other[view]} if one[view].get(n) != other[view].get(n))
        if names:
            more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
            lines.append(f"  DIFFERS in {view}: {len(names)} of them: {', '.join(names[:_NAMED_AT_MOST])}{more}")
    return lines


def compare(states: Mapping[str, State]) -> int:
    """Say what each state is and how it differs from the first; returns the exit code."""
    (_, first), *_ = states.items()
    for name, found in states.items():
        rows = sum(count for view in found.values() for count, _ in view.values())
        _say(f"{digest(found)}  {rows:,} rows  {name}")
        for line in differences(first, found):
            _say(line)
    same = len({digest(found) for found in states.values()}) == 1
    _say("the same state" if same else "NOT the same state")
    return int(not same)


def run(data: Path, *, check: bool) -> int:
    """Import in each order and compare. Returns the exit code; raises CalledProcessError when an import fails."""
    folder = Path(tempfile.mkdtemp(prefix="opp-orders-"))
    folder.chmod(0o755)  # PostgreSQL runs as somebody else where this runs as root
    try:
        with _postgres(folder) as server:
            states, wrong = {}, 0
            for number, order in enumerate(ORDERS, 1):
                url = _new_database(server, f"order_{number}")
                _import(url, data, order)
                asyncio.run(_count_words(url))
                states[", ".join(order)] = state(url)
                if check and number == 1:
                    wrong = sum(
                        [*(stored.main(data / archive, url) for archive in order), links.main(data / LAWS, url)]
                    )
                _drop_database(server, f"order_{number}")
            return compare(states) or int(wrong > 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(folder: Path) -> Iterator[PostgresServer]:
    server = PostgresServer.locate(folder / "postgres", free_port(), "owner-password", "throwaway")
    with running(server, folder / "postgres.log", stop_signal=signal.SIGINT, identity=server.identity):
        yield server


def _new_database(server: PostgresServer, name: str) -> str:
    with psycopg.connect(server.owner_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    bootstrap_blocking(server.owner_url(name), "auth-password", "policy-password")
    return database_urls(server.owner_url(name), "auth-password", "policy-password").policy_url


def _drop_database(server: PostgresServer, name: str) -> None:
    with psycopg.connect(server.owner_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _import(url: str, data: Path, order: Sequence[str]) -> None:
    for archive in order:
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "services.policy", "import", "canada-laws", str(data / archive)],
            cwd=ROOT, env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _say(f"{archive} imported in {time.monotonic() - started:.0f} s")


async def _count_words(url: str) -> None:
    """Bring the figures that ranking rests on up to date: imports leave them until a fiftieth of all has changed."""
    connection = await asyncpg.connect(url)
    try:
        for analysis in ANALYSES:
            await statistics.recount(connection, analysis)
    finally:
        await connection.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Compare; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", metavar="DATABASE_URL", help="databases to compare; none: import anew")
    parser.add_argument("--check", action="store_true", help="also hold the first database against the files")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds canada_federal/")
    asked = parser.parse_args()
    if asked.databases:
        return compare({f"database {number}": state(url) for number, url in enumerate(asked.databases, 1)})
    return run(asked.data / "canada_federal", check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
