"""The same platform with once, three and ten times the law: copies under other jurisdictions, none of them shared."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.bench import publish
from tests.bench.load import press
from tests.bench.measuring import Bench
from tests.bench.processor import spent
from tests.bench.reading import chosen
from tests.bench.report import Report
from tests.bench.search import asked, search_path
from tests.bench.stack import CannotMeasure, Stack, is_usable, running_stack, settle

FACTORS = (1, 3, 10)
_ROOM = 2.5
"""The disk must have this many times what the copies will take."""
_PREFIX = "ca-copy-"
_COPY = (
    "INSERT INTO jurisdiction (id, names) SELECT %(to)s, names FROM jurisdiction WHERE id = %(of)s",
    "INSERT INTO work (jurisdiction, kind, number, frbr_uri)"
    " SELECT %(to)s, kind, number, '/akn/' || %(to)s || '/' || kind || '/' || number FROM work"
    " WHERE jurisdiction = %(of)s",
    "CREATE TEMP TABLE copied ON COMMIT DROP AS"
    " SELECT v.id AS old, nextval(pg_get_serial_sequence('version', 'id')) AS new, n.id AS work_id"
    " FROM version v JOIN work w ON w.id = v.work_id AND w.jurisdiction = %(of)s"
    " JOIN work n ON n.jurisdiction = %(to)s AND n.kind = w.kind AND n.number = w.number",
    "INSERT INTO provision (hash, lang, kind, num, heading, note, content, text)"
    " SELECT sha256(hash || %(to)s::bytea), lang, kind, num, heading, note, content, text FROM provision"
    " WHERE hash IN (SELECT vp.hash FROM version_provision vp JOIN copied c ON c.old = vp.version_id)",
)


def measure(folder: Path, report: Report, bench_on: Callable[[Stack], Bench], most: int = FACTORS[-1]) -> None:
    """Grow a copy of the platform in `folder`, which must not run, measuring at each step up to `most` times the law.

    Goes on where it was stopped.
    """
    grown = folder.with_name(f"{folder.name}-growth")
    if not is_usable(grown):
        shutil.rmtree(grown)
    if not grown.exists():
        report.say("growth: copying the platform's folder")
        fresh = grown.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        subprocess.run(["cp", "-a", str(folder), str(fresh)], check=True)
        fresh.rename(grown)
    notes = grown / "growth.json"
    rows: dict[str, list[object]] = json.loads(notes.read_text()) if notes.is_file() else {}
    with running_stack(grown) as stack:
        settle(stack, report.say)
        bench = bench_on(stack)
        reference = folder / "reference.sqlite"
        for factor in (factor for factor in FACTORS if factor <= most):
            if f"{factor} x" in rows:
                report.say(f"growth: {factor} times was measured before; remove {grown} to measure it again")
                continue
            _grow(bench, factor)
            rows[f"{factor} x"] = _figures(bench, reference)
            notes.write_text(json.dumps(rows))
    report.table(
        "Growth",
        ("law", "provisions", "database GB", "search p95 ms, 1 conn.", "search p95 ms, 8 conn.", "document p95 ms",
         "publish ms", "processor ms, a search", "processor ms, a document"),
        [[factor, *figures] for factor, figures in rows.items()],
    )  # fmt: skip


def _figures(bench: Bench, reference: Path) -> list[object]:
    bench.report.say("growth: searching")
    questions = [search_path(question) for question in asked(bench.data, reference)]
    press(bench.gateway(questions), connections=1, times=len(questions))
    before = _busy(bench.stack)
    one = press(bench.gateway(questions), connections=1, times=len(questions))
    searching = (_busy(bench.stack) - before) / len(one.times)
    eight = press(bench.gateway(questions), connections=8, times=len(questions))
    bench.report.say("growth: reading")
    documents = [pair.ours for pair in chosen(reference)["median"]]
    press(bench.gateway(documents), connections=8, seconds=bench.seconds)
    before = _busy(bench.stack)
    read = press(bench.gateway(documents), connections=8, seconds=bench.seconds)
    reading = (_busy(bench.stack) - before) / len(read.times)
    bench.report.say("growth: publishing")
    published = publish.milliseconds(bench.stack)
    with psycopg.connect(bench.stack.database_url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM search_passage), pg_database_size(current_database()) / 1e9"
        ).fetchone()
    provisions, size = row or (0, 0.0)
    return [provisions, float(size), one.at(0.95), eight.at(0.95), read.at(0.95), published, searching, reading]


def _busy(stack: Stack) -> float:
    """Processor time of the platform so far, which does not depend on what else the machine does."""
    return sum(spent(stack).values())


def _grow(bench: Bench, factor: int) -> None:
    """Copy until the law is held `factor` times."""
    with psycopg.connect(bench.stack.owner_url, options="-c search_path=policy,extensions") as connection:
        held = 1 + copies_held(connection)
        for copy in range(held, factor):
            _require_room(bench, connection)
            bench.report.say(f"growth: copy {copy} of {factor - 1}")
            started = time.monotonic()
            copy_law(connection, f"{_PREFIX}{copy}")
            bench.report.say(f"growth: copied in {time.monotonic() - started:.0f} s")
            settle(bench.stack, bench.report.say)


def copies_held(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """How many there are already; one that was broken off is none."""
    row = connection.execute("SELECT count(*) FROM jurisdiction WHERE starts_with(id, %s)", (_PREFIX,)).fetchone()
    connection.commit()
    return int(str(row[0])) if row else 0


def copy_law(connection: psycopg.Connection[tuple[object, ...]], to: str) -> None:
    """All works of Canada again, in one transaction, so that a copy is there whole or not at all."""
    names = {"of": "ca", "to": to}
    for statement in _COPY:
        connection.execute(statement.encode(), names)
    for table, key in (("version", "id"), ("version_provision", "version_id"), ("citation", "version_id")):
        columns = [name for name in _columns(connection, table) if name not in (key, "work_id", "indexed_at")]
        renamed = ["sha256(t.hash || %(to)s::bytea)" if name == "hash" else f"t.{name}" for name in columns]
        more, values = (["work_id"], ["c.work_id"]) if table == "version" else ([], [])
        overriding = "OVERRIDING SYSTEM VALUE" if table == "version" else ""
        connection.execute(
            f"INSERT INTO {table} ({', '.join([key, *more, *columns])}) {overriding} SELECT"
            f" {', '.join(['c.new', *values, *renamed])} FROM {table} t JOIN copied c ON c.old = t.{key}".encode(),
            names,
        )
    connection.commit()


def _columns(connection: psycopg.Connection[tuple[object, ...]], table: str) -> list[str]:
    """Those that can be written."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'policy' AND table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position",
        (table,),
    ).fetchall()
    return [str(row[0]) for row in rows]


def _require_room(bench: Bench, connection: psycopg.Connection[tuple[object, ...]]) -> None:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    connection.commit()
    free = shutil.disk_usage(bench.stack.folder).free
    if row is not None and free < _ROOM * int(str(row[0])):
        raise CannotMeasure(f"the disk has {free / 1e9:.0f} GB left: too little for another copy of the law")
