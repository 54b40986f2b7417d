"""The references: the same provisions in SQLite, with FTS5 for search and Datasette for reading over HTTP."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from infra.local.deathsig import die_with_parent
from tests.bench.stack import CannotMeasure, Service, free_port

Row = tuple[object, ...]
LANGUAGES = ("en", "fr")
_COLUMNS = (
    "id, jurisdiction, work_kind, number, title, lang, date, version_id, ordinal, eid, kind, level, num, heading, "
    "note, status, in_force_from, in_force_to, hash, text"
)
_PROVISIONS = """
SELECT d.jurisdiction, d.kind, d.number, d.title, d.lang, d.date::text, d.version_id, vp.ordinal, vp.eid, p.kind,
       vp.level, p.num, p.heading, p.note, vp.status, vp.in_force_from::text, vp.in_force_to::text,
       encode(p.hash, 'hex'), p.text
FROM search_document d JOIN version_provision vp ON vp.version_id = d.version_id JOIN provision p ON p.hash = vp.hash
ORDER BY d.version_id, vp.ordinal
"""
_SCHEMA = """
CREATE TABLE provision (
    id INTEGER PRIMARY KEY, jurisdiction TEXT, work_kind TEXT, number TEXT, title TEXT, lang TEXT, date TEXT,
    version_id INTEGER, ordinal INTEGER, eid TEXT, kind TEXT, level INTEGER, num TEXT, heading TEXT, note TEXT,
    status TEXT, in_force_from TEXT, in_force_to TEXT, hash TEXT, text TEXT);
CREATE INDEX provision_place ON provision (version_id, ordinal);
""" + "".join(
    f"CREATE VIRTUAL TABLE fts_{lang} USING fts5(num, heading, note, title, text, content='provision',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 2');\n"
    for lang in LANGUAGES
)


def build(database_url: str, file: Path, say: Callable[[str], None]) -> None:
    """Copy every provision that search looks at into SQLite, and index it with FTS5, a table for each language."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    with psycopg.connect(database_url) as source, sqlite3.connect(fresh) as target:
        target.executescript("PRAGMA journal_mode = off; PRAGMA synchronous = off;" + _SCHEMA)
        with source.cursor("all") as cursor:
            cursor.itersize = 5000
            rows = ((at, *row) for at, row in enumerate(_counted(cursor.execute(_PROVISIONS), say), 1))
            target.executemany(f"INSERT INTO provision ({_COLUMNS}) VALUES ({marks})", rows)
        for lang in LANGUAGES:
            say(f"indexing the reference ({lang})")
            target.execute(
                f"INSERT INTO fts_{lang} (rowid, num, heading, note, title, text)"
                " SELECT id, num, heading, note, title, text FROM provision WHERE lang = ?",
                (lang,),
            )
            target.execute(f"INSERT INTO fts_{lang} (fts_{lang}) VALUES ('optimize')")
        target.commit()
        target.execute("ANALYZE")
    target.close()
    fresh.rename(file)


def provisions_in(database_url: str) -> int:
    """How many provisions search looks at."""
    with psycopg.connect(database_url) as source:
        row = source.execute(
            "SELECT count(*) FROM search_document d JOIN version_provision vp ON vp.version_id = d.version_id"
        ).fetchone()
    return 0 if row is None else int(row[0])


def is_current(file: Path, provisions: int) -> bool:
    """Whether the reference was built, of that many provisions."""
    if not file.is_file():
        return False
    with sqlite3.connect(file) as known:
        found = known.execute("SELECT count(*) FROM provision").fetchone()[0]
    known.close()
    return bool(found == provisions)


@contextmanager
def datasette(file: Path) -> Iterator[Service]:
    """Datasette over the reference, set up for speed: read-only, nothing counted or suggested."""
    port = free_port()
    command = [
        sys.executable, "-m", "datasette", "serve", "--immutable", str(file), "--port", str(port),
        "--setting", "max_returned_rows", "20000", "--setting", "suggest_facets", "off",
        "--setting", "allow_facet", "off", "--setting", "sql_time_limit_ms", "20000",
    ]  # fmt: skip
    with file.with_suffix(".datasette.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent(signal.SIGTERM)
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(process, base)
        yield Service(base, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _counted(rows: Iterable[Row], say: Callable[[str], None]) -> Iterator[Row]:
    for at, row in enumerate(rows, 1):
        if at % 50_000 == 0:
            say(f"copying the reference: {at:,} provisions")
        yield row


def _wait(process: subprocess.Popen[bytes], base: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{base}/-/versions.json", timeout=5):  # noqa: S310 - our own
            return
        time.sleep(0.1)
    raise CannotMeasure("Datasette did not come up")
