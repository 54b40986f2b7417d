"""Measures search with known items: each query has one right answer, a document or a section.

    python tests/evaluation/known_item.py http://127.0.0.1:8080 [--data FILE] [--connections N] [--misses]

Asks the HTTP API (through the gateway; with INTERNAL_KEY in the environment, a policy service itself) and prints
MRR@10 and Recall@10 by type and language, and latencies. Exits 1 below the bars, 2 when it cannot measure.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens

DATA = Path(__file__).parents[3] / "shared/data/search_eval/known_item.jsonl"
MRR_BAR = 0.95
RECALL_BAR = 0.98
P95_BAR_MS = 100.0
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query's finding. `place` is 1 for the first result, 0 when the answer is not among DEPTH."""

    type: str
    lang: str
    query: str
    expected: str
    place: int
    milliseconds: float

    @property
    def reciprocal(self) -> float:
        return 1 / self.place if self.place else 0.0


def work_of(pair_key: str) -> tuple[str, str]:
    """Kind and number of a pair key: `reg:C.R.C.,_c._228` is regulation CRC-c-228."""
    kind, _, number = pair_key.partition(":")
    return {"act": "act", "reg": "regulation"}[kind], number.replace("C.R.C.,_c._", "CRC-c-")


def is_right(item: dict[str, Any], expect: dict[str, str]) -> bool:
    """Whether a result is the expected document, and the expected section where one is expected."""
    work = item["work"]
    if (work["kind"], work["number"]) != work_of(expect["pair_key"]):
        return False
    label = expect.get("section_label")
    return label is None or item["num"].strip(" .") == label.strip(" .")


async def measure(base: str, questions: Sequence[dict[str, Any]], connections: int) -> list[Outcome]:
    """Ask every question, `connections` at a time."""
    headers = _headers()
    waiting = iter(questions)
    outcomes: list[Outcome] = []

    async def work(session: aiohttp.ClientSession) -> None:
        for question in waiting:
            outcomes.append(await _ask(session, question, headers()))

    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(base, connector=connector) as session:
        await asyncio.gather(*(work(session) for _ in range(connections)))
    return outcomes


def _headers() -> Callable[[], dict[str, str]]:
    key = os.environ.get("INTERNAL_KEY")
    if not key:
        return dict
    tokens = InternalTokens(key, "gateway")  # they live for seconds, so each request has its own
    return lambda: {INTERNAL_HEADER: tokens.mint(ANONYMOUS, "policy")}


async def _ask(session: aiohttp.ClientSession, question: dict[str, Any], headers: dict[str, str]) -> Outcome:
    expect = question["expect"]
    params = {"q": question["query"], "lang": question["lang"], "limit": str(DEPTH)}
    while True:
        started = time.perf_counter()
        async with session.get("/api/v1/search", params=params, headers=headers) as response:
            if response.status == 429:
                await asyncio.sleep(float(response.headers.get("Retry-After", "1")))
                continue
            body = await response.json(content_type=None)
            if response.status != 200:
                raise SystemExit(f"{question['id']}: {response.status} {body.get('detail', '')}")
        milliseconds = (time.perf_counter() - started) * 1000
        place = next((n for n, item in enumerate(body["items"], 1) if is_right(item, expect)), 0)
        wanted = " ".join(filter(None, (expect["pair_key"], expect.get("section_label"))))
        return Outcome(question["type"], question["lang"], question["query"], wanted, place, milliseconds)


def report(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """Print the table; returns MRR and recall over all."""
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.type, outcome.lang].append(outcome)
    print(f"{'type':<16}{'lang':<6}{'n':>5}{'MRR@10':>9}{'R@10':>8}")  # noqa: T201 - a program's output
    for (kind, lang), members in [*sorted(groups.items()), (("all", ""), list(outcomes))]:
        mrr, recall = _figures(members)
        print(f"{kind:<16}{lang:<6}{len(members):>5}{mrr:>9.3f}{recall:>8.3f}")  # noqa: T201 - a program's output
    return _figures(outcomes)


def _figures(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    return (
        statistics.fmean(outcome.reciprocal for outcome in outcomes),
        statistics.fmean(bool(outcome.place) for outcome in outcomes),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> int:
    """Run the measurement; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="address of the platform, e.g. http://127.0.0.1:8080")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--misses", action="store_true", help="list queries whose answer is not first")
    options = parser.parse_args()
    if not options.data.is_file():
        print(f"{options.data} is absent: nothing to measure with", file=sys.stderr)  # noqa: T201 - as above
        return 2
    questions = [json.loads(line) for line in options.data.read_text(encoding="utf-8").splitlines() if line]
    try:
        outcomes = asyncio.run(measure(options.base, questions, options.connections))
    except aiohttp.ClientError as error:
        print(f"{options.base}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 2
    mrr, recall = report(outcomes)
    times = [outcome.milliseconds for outcome in outcomes]
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    print(f"{options.connections} connections: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")  # noqa: T201
    if options.misses:
        for outcome in outcomes:
            if outcome.place != 1:
                print(f"{outcome.place:>3} {outcome.type} {outcome.lang} {outcome.query!r} -> {outcome.expected}")  # noqa: T201
    good = mrr >= MRR_BAR and recall >= RECALL_BAR and p95 <= P95_BAR_MS
    print("meets the bars" if good else f"below the bars: {MRR_BAR} {RECALL_BAR} {P95_BAR_MS:.0f} ms")  # noqa: T201
    return 0 if good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.exit(main())
