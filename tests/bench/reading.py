"""Reading provisions and documents as JSON, beside Datasette over the same provisions in SQLite."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date as Day
from pathlib import Path

from services.policy.documents.addresses import provision_href, version_href
from services.policy.documents.domain import WorkKey
from tests.bench.load import Target, press
from tests.bench.measuring import COLUMNS, Bench
from tests.bench.processor import spent, spent_by
from tests.bench.reference import datasette
from tests.bench.stack import Service

_CONNECTIONS = 8
_PROVISIONS = 400
_DOCUMENTS = 40
_SIZES = {"small": (0.20, 0.30), "median": (0.45, 0.55), "large": (0.93, 0.97), "largest": (1.0, 1.0)}
"""Shares of the documents, ordered by the length of their text, from which each size is drawn."""
_SQL = "/reference.json?_shape=array&sql=select+*+from+provision+where+version_id%3D:v+order+by+ordinal&v="


@dataclass(frozen=True, slots=True)
class Pair:
    """The same text here and there."""

    ours: str
    theirs: str


def measure(bench: Bench) -> None:
    """Print requests a second and latencies of both, through the gateway and at the service; note the bars."""
    rows: list[list[object]] = []
    costs: list[list[object]] = []
    with datasette(bench.reference()) as server:
        for name, pairs in chosen(bench.reference()).items():
            bench.report.say(f"reading: {name}")
            ours = [pair.ours for pair in pairs]
            found = bench.compare(
                {
                    "gateway": bench.pressing(bench.gateway(ours), _CONNECTIONS),
                    "Datasette": bench.pressing(Target(server.address, [pair.theirs for pair in pairs]), _CONNECTIONS),
                    "policy service": bench.pressing(bench.policy(ours), _CONNECTIONS),
                }
            )
            their, gate = found["Datasette"], found["gateway"]
            for side, figures in found.items():
                ratio = figures.per_second / their.per_second
                rows.append([name, side, figures.bytes_each / 1000, *figures.row(), ratio])
            each = cost(bench, ours)
            theirs = cost_of(bench, server, [pair.theirs for pair in pairs])
            costs.append([name, *each, sum(each), theirs, theirs / sum(each)])
            ratio = gate.per_second / their.per_second
            bench.report.bar(f"reading, {name}: requests/s, times Datasette's", ratio, 3, at_least=True)
            bench.report.bar(f"reading, {name}: p99, Datasette's p50 beside it", gate.p99, their.p50, unit=" ms")
    title = f"Reading as JSON, {_CONNECTIONS} connections"
    bench.report.table(title, ("what", "from", "kB", *COLUMNS, "x Datasette"), rows)
    bench.report.note(
        "Nothing between client and database keeps answers. Datasette: one process, its database immutable, counts and "
        "facets off; a provision is its row's page, a document an SQL query for its rows in order, the faster of its "
        "ways. Ours: one gateway, one policy service, one PostgreSQL. The same client asks both."
    )
    names = ("gateway", "policy", "PostgreSQL", "Valkey", "together", "Datasette", "Datasette / ours")
    bench.report.table("Processor time of a request, ms", ("what", *names), costs)


def chosen(file: Path) -> dict[str, list[Pair]]:
    """Provisions and documents to read, by name; the same ones each time."""
    draw = random.Random(20_260)  # noqa: S311 - a sample, no secret
    with closing(sqlite3.connect(file)) as known:
        most = known.execute("SELECT max(id) FROM provision").fetchone()[0]
        columns = "jurisdiction, work_kind, number, lang, date, eid, id"
        ids = sorted(draw.sample(range(1, most + 1), min(most, _PROVISIONS)))
        one = f"SELECT {columns} FROM provision WHERE id = ?"
        provisions = [known.execute(one, (at,)).fetchone() for at in ids]
        documents = known.execute(
            "SELECT jurisdiction, work_kind, number, lang, date, version_id FROM provision GROUP BY version_id"
            " ORDER BY sum(length(text)), version_id"
        ).fetchall()
    draw.shuffle(provisions)
    found = {"provision": [_provision(row) for row in provisions]}
    for name, (low, high) in _SIZES.items():
        some = documents[int(low * len(documents)) : int(high * len(documents))] or documents[-1:]
        found[name] = [_document(row) for row in draw.sample(some, min(len(some), _DOCUMENTS))]
    return found


def cost(bench: Bench, paths: Iterable[str]) -> list[float]:
    """Milliseconds of processor time that a request takes in each process."""
    before = spent(bench.stack)
    load = press(bench.gateway(list(paths)), connections=_CONNECTIONS, seconds=bench.seconds)
    after = spent(bench.stack)
    return [(after[name] - before[name]) / len(load.times) for name in before]


def cost_of(bench: Bench, server: Service, paths: Sequence[str]) -> float:
    """The same for a server that is one process."""
    before = spent_by(server.pid)
    load = press(Target(server.address, paths), connections=_CONNECTIONS, seconds=bench.seconds)
    return (spent_by(server.pid) - before) / len(load.times)


def _provision(row: tuple[str, ...]) -> Pair:
    jurisdiction, kind, number, lang, date, eid, at = row
    href = provision_href(WorkKey(jurisdiction, kind, number), lang, Day.fromisoformat(date), eid)
    return Pair(href, f"/reference/provision/{at}.json?_shape=objects")


def _document(row: tuple[str, ...]) -> Pair:
    jurisdiction, kind, number, lang, date, version = row
    return Pair(version_href(WorkKey(jurisdiction, kind, number), lang, Day.fromisoformat(date)), f"{_SQL}{version}")
