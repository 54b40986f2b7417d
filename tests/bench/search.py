"""Search and completions, beside SQLite FTS5 over the same provisions."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.fts import Fts, Question
from tests.bench.load import press
from tests.bench.measuring import COLUMNS, Bench
from tests.bench.stack import CannotMeasure

_DERIVED = 100
_BARS = (("p50", 0.50, 1.5), ("p95", 0.95, 1.0), ("p99", 0.99, 0.7))
_SUGGEST_MS = 5.0


def measure(bench: Bench) -> None:
    """Print both sides' latencies with 1 and 8 connections; note the bars."""
    file = bench.reference()
    questions = asked(bench.data, file)
    rows: list[list[object]] = []
    for connections in (1, 8):
        bench.report.say(f"search: {len(questions)} questions, {connections} connections, {bench.rounds} rounds")
        paths = [search_path(question) for question in questions]
        fts = Fts(file, connections)
        try:
            found = bench.compare(
                {
                    "FTS5": partial(fts.ask, questions),
                    "policy service": partial(
                        press, bench.policy(paths), connections=connections, times=len(questions)
                    ),
                    "gateway": partial(press, bench.gateway(paths), connections=connections, times=len(questions)),
                }
            )
        finally:
            fts.close()
        their = found["FTS5"]
        for side, figures in found.items():
            ratios = [figures.p50 / their.p50, figures.p95 / their.p95, figures.p99 / their.p99]
            rows.append([connections, side, *figures.row(), *ratios])
            if side != "FTS5":
                for (name, _, bound), ratio in zip(_BARS, ratios, strict=True):
                    bench.report.bar(f"search, {connections} connections, {side}: {name}, times FTS5's", ratio, bound)
    bench.report.table("Search", ("connections", "from", *COLUMNS, "p50 x", "p95 x", "p99 x"), rows)
    bench.report.note(
        f"{len(questions)} questions, each once a round: the known items and others derived from the law itself "
        "(marginal notes, and three words of a provision). Ten results with snippets on both sides. FTS5: all words, "
        "one table for each language, ordered by rank, in one process for each core, without any HTTP; ours over HTTP."
    )
    _suggest(bench, questions)


def asked(data: Path, file: Path) -> list[Question]:
    """The known items' queries and derived ones, in an order that mixes them; the same each time."""
    known = data / "search_eval" / "known_item.jsonl"
    if not known.is_file():
        raise CannotMeasure(f"{known} is absent: there is nothing to ask")
    draw = random.Random(20_260)  # noqa: S311 - a sample, no secret
    found = []
    for line in known.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        found.append(Question(item["query"], item["lang"]))
    with closing(sqlite3.connect(file)) as law:
        most = law.execute("SELECT max(id) FROM provision").fetchone()[0]
        some = [
            law.execute("SELECT lang, note, text FROM provision WHERE id = ?", (at,)).fetchone()
            for at in draw.sample(range(1, most + 1), min(most, _DERIVED * 8))
        ]
    found += [Question(note, lang) for lang, note, _ in some if 2 <= len(note.split()) <= 10][:_DERIVED]
    worded = [(lang, re.findall(r"[^\W\d]{5,}", text)) for lang, _, text in some]
    found += [Question(" ".join(draw.sample(words, 3)), lang) for lang, words in worded if len(words) > 20][:_DERIVED]
    draw.shuffle(found)
    return found


def search_path(question: Question) -> str:
    """Where our answer to it is."""
    return "/api/v1/search?" + urlencode({"q": question.text, "lang": question.lang, "limit": 10})


def _suggest(bench: Bench, questions: Sequence[Question]) -> None:
    """What completes as somebody types: the first 2 to 12 letters of each question."""
    bench.report.say("completions while typing")
    paths = [
        "/api/v1/suggest?" + urlencode({"q": question.text[: 2 + at % 11], "lang": question.lang, "limit": 8})
        for at, question in enumerate(questions)
        if question.text[: 2 + at % 11].strip()
    ]
    rows: list[list[object]] = []
    for connections in (1, 8):
        found = bench.compare(
            {
                "policy service": partial(press, bench.policy(paths), connections=connections, times=len(paths)),
                "gateway": partial(press, bench.gateway(paths), connections=connections, times=len(paths)),
            }
        )
        rows += [[connections, side, *figures.row()] for side, figures in found.items()]
        if connections == 1:
            for side, figures in found.items():
                bench.report.bar(f"completions, one connection, {side}: p95", figures.p95, _SUGGEST_MS, unit=" ms")
    bench.report.table("Completions", ("connections", "from", *COLUMNS), rows)
