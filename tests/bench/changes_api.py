"""Redlines and blame at the API, for the documents of an archive of older versions."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import psycopg

from tests.bench.load import press
from tests.bench.measuring import COLUMNS, Bench
from tests.bench.processor import spent
from tests.bench.stack import ROOT, CannotMeasure

_LARGEST = 4
_TIMES = 40
_BAR_MS = 50.0


@dataclass(frozen=True, slots=True)
class Document:
    """A work in one language, with the days of its versions, oldest first."""

    href: str
    lang: str
    provisions: int
    days: tuple[str, ...]


def measure(bench: Bench) -> None:
    """The words against difflib, then p95 of a redline at the API between neighbours and first and last."""
    archive = bench.data / "canada_federal" / "history.zip"
    bench.report.say("redlines beside difflib")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.redline", "--data", str(archive)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 2:
        raise CannotMeasure(done.stderr.strip())
    bench.report.note("### Redlines beside difflib on the same pairs\n\n```\n" + done.stdout.strip() + "\n```")
    bench.report.bar("redlines applied that do not give the new text", float(done.returncode != 0), 0)
    rows: list[list[object]] = []
    for document in largest(bench):
        bench.report.say(f"redline and blame of {document.href} ({document.lang})")
        for what, paths in _addresses(document).items():
            ask = partial(press, bench.gateway(paths), connections=1, times=_TIMES)
            before = spent(bench.stack)
            found = bench.compare({"gateway": ask})["gateway"]
            after = spent(bench.stack)
            # A session that the database ended meanwhile takes its time with it, so a name counts only what it gained.
            cost = sum(max(0.0, after[name] - before[name]) for name in before) / _TIMES / (bench.rounds + 1)
            rows.append([f"{document.href[17:]} {document.lang}", document.provisions, what, *found.row()[1:], cost])
            if what.startswith("redline"):
                bench.report.bar(f"{what}, {document.href[17:]} {document.lang}: p95", found.p95, _BAR_MS, unit=" ms")
    heads = ("document", "provisions", "what", *COLUMNS[1:], "processor ms")
    bench.report.table("Redline and blame through the gateway, one connection", heads, rows)


def largest(bench: Bench) -> list[Document]:
    """The longest works of which more than one version is held."""
    with psycopg.connect(bench.stack.database_url) as connection:
        found = connection.execute(
            "SELECT w.jurisdiction, w.kind, w.number, v.lang, max(n.parts), array_agg(DISTINCT v.date::text)"
            " FROM version v JOIN work w ON w.id = v.work_id CROSS JOIN LATERAL (SELECT count(*) AS parts,"
            " sum(length(p.text)) AS letters FROM version_provision vp JOIN provision p ON p.hash = vp.hash"
            " WHERE vp.version_id = v.id) n WHERE EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id"
            " AND o.lang = v.lang AND o.date <> v.date)"
            " GROUP BY w.id, v.lang ORDER BY max(n.letters) DESC LIMIT %s",
            (_LARGEST,),
        ).fetchall()
    return [
        Document(f"/api/v1/policies/{jurisdiction}/{kind}/{number}", lang, parts, tuple(sorted(days)))
        for jurisdiction, kind, number, lang, parts, days in found
    ]


def _addresses(document: Document) -> dict[str, list[str]]:
    days, lang = document.days, document.lang
    redline = f"{document.href}/diff?lang={lang}"
    return {
        "redline of neighbours": [f"{redline}&from={old}&to={new}" for old, new in pairwise(days)],
        "redline, first and last": [f"{redline}&from={days[0]}&to={days[-1]}"],
        "blame": [f"{document.href}/blame?lang={lang}"],
    }
