"""How long it takes to publish a draft that changes five provisions of a long act, and to find it.

    python -m tests.bench.publish [--data FOLDER] [--folder FOLDER] [--rounds N]

Begins a draft from an act of about 600 sections, writes five of them anew, has it approved, and measures the request
that publishes it, at the policy service and again with the first search that must find the new words. Each text is
taken back, so that the law stays as it was. As a part of `python -m tests.bench` it is `publish`.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

from infra.local.secrets import SecretStore
from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.bench.measuring import Bench
from tests.bench.processor import spent
from tests.bench.report import Report
from tests.bench.stack import ROOT, CannotMeasure, Stack, running_stack

_SECTIONS = 600
_CHANGED = 5
_BAR_MS = 50.0
_DRAFTS = "/api/v1/drafts"


@dataclass(frozen=True, slots=True)
class Act:
    """A text that is current, and five sections of it that have words."""

    address: str
    date: str
    provisions: int
    eids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, one for each round."""

    published: list[float]
    found: list[float]
    """Until the first search after it was answered, with the new words found."""
    begun: list[float]
    diffed: list[float]
    processor: list[float]
    """Of the policy service and PostgreSQL, for publishing and searching; counted in ticks, so only the mean tells."""


def measure(bench: Bench, rounds: int = 15) -> None:
    """Publish round by round, and say whether the promise holds."""
    act = act_of(bench.stack.database_url)
    bench.report.say(f"publishing {_CHANGED} changed provisions of {act.address} ({act.provisions} provisions)")
    times = asyncio.run(_rounds(bench.stack, act, rounds))
    rows: list[list[object]] = [
        [what, _median(figures), max(figures)]
        for what, figures in (
            ("begin a draft from it", times.begun),
            ("redline of the draft", times.diffed),
            ("publish: written, placed, indexed, committed", times.published),
            ("publish, and the first search that finds it", times.found),
        )
    ]
    title = f"Publishing {_CHANGED} changed provisions of {act.provisions} ({act.address[17:]}), {rounds} rounds"
    bench.report.table(title, ("what", "median ms", "slowest ms"), rows)
    busy = sum(times.processor) / len(times.processor)
    bench.report.note(f"Publishing and finding it took {busy:.0f} ms of processor time, service and database together.")
    bench.report.bar("changed provisions searchable after publish", _median(times.found), _BAR_MS, unit=" ms")


def act_of(database_url: str) -> Act:
    """The English text whose number of sections is nearest to 600. Raises CannotMeasure when there is none."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT w.jurisdiction, w.kind, w.number, v.date::text, count(*), v.id FROM version v"
            " JOIN work w ON w.id = v.work_id JOIN version_provision p ON p.version_id = v.id"
            " WHERE v.lang = 'en' AND w.kind = 'act' AND v.current_from <= now() AND now() < v.current_until"
            " AND v.current_until = 'infinity' GROUP BY w.id, v.id ORDER BY abs(count(*) - %s), v.id LIMIT 1",
            (_SECTIONS,),
        ).fetchone()
        if found is None:
            raise CannotMeasure("no act in English is held")
        *place, day, provisions, version = found
        eids = connection.execute(
            "SELECT vp.eid FROM version_provision vp JOIN provision p USING (hash)"
            " WHERE vp.version_id = %s AND p.kind = 'section' AND length(p.text) > 200 ORDER BY vp.ordinal",
            (version,),
        ).fetchall()
    step = max(1, len(eids) // _CHANGED)
    chosen = tuple(eid for (eid,) in eids[::step][:_CHANGED])
    if len(chosen) < _CHANGED:
        raise CannotMeasure(f"the act nearest to {_SECTIONS} provisions has no {_CHANGED} sections of some length")
    return Act("/api/v1/policies/" + "/".join(place), str(day), provisions, chosen)


class _Office:
    """An editor and a reviewer, as the gateway would present them."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        self._tokens = InternalTokens(SecretStore(stack.folder / "secrets").read("internal_key"), "gateway")
        self._session = session

    async def call(
        self, role: Role, method: str, path: str, body: Any = None, *, etag: str = ""
    ) -> tuple[Any, str, float]:
        """Body, ETag and milliseconds. Raises CannotMeasure for a refusal."""
        identity = Identity(f"00000000-0000-4000-8000-{role.value:0>12}", role, areas="*")
        headers = {INTERNAL_HEADER: self._tokens.mint(identity, "policy")} | ({"If-Match": etag} if etag else {})
        started = time.perf_counter()
        async with self._session.request(method, path, json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
            taken = (time.perf_counter() - started) * 1000
            if response.status >= 300:
                raise CannotMeasure(f"{method} {path}: {answer}")
            return answer, response.headers.get("ETag", ""), taken


async def _rounds(stack: Stack, act: Act, rounds: int) -> Times:
    times = Times([], [], [], [], [])
    async with aiohttp.ClientSession(stack.policy) as session:
        office = _Office(stack, session)
        for number in range(rounds + 1):  # the first one warms up and does not count
            await _round(stack, office, act, times if number else Times([], [], [], [], []))
    return times


async def _round(stack: Stack, office: _Office, act: Act, times: Times) -> None:
    word = "z" + "".join(secrets.choice("bcdfghklmnprst") for _ in range(12))
    base = f"{act.address}/en@{act.date}"
    draft, _, begun = await office.call(Role.EDITOR, "POST", _DRAFTS, {"base": base})
    path = f"{_DRAFTS}/{draft['id']}"
    for eid in act.eids:
        _, etag, _ = await office.call(Role.EDITOR, "GET", f"{path}/provisions/{eid}")
        source = {"format": "markdown", "source": f"(1) The {word} of this section is new.\n(2) So is this."}
        await office.call(Role.EDITOR, "PATCH", f"{path}/provisions/{eid}", source, etag=etag)
    _, etag, diffed = await office.call(Role.EDITOR, "GET", f"{path}/diff")
    _, etag, _ = await office.call(Role.EDITOR, "POST", f"{path}/submit", etag=etag)
    _, etag, _ = await office.call(Role.REVIEWER, "POST", f"{path}/approve", etag=etag)
    before = _busy(stack)
    _, _, published = await office.call(Role.REVIEWER, "POST", f"{path}/publish", {"date": act.date}, etag=etag)
    found, _, searched = await office.call(Role.REVIEWER, "GET", f"/api/v1/search?q={word}&lang=en")
    processor = _busy(stack) - before
    eids = {item["eid"] for item in found["items"]}
    if eids != set(act.eids):
        raise CannotMeasure(f"published, and not found: {sorted(set(act.eids) - eids)}")
    version, _, _ = await office.call(Role.REVIEWER, "GET", f"{base}?content=none")
    sent = {"address": base, "content_hash": version["content_hash"], "reason": "It was a measurement."}
    await office.call(Role.REVIEWER, "POST", "/api/v1/withdrawals", sent)
    times.begun.append(begun)
    times.diffed.append(diffed)
    times.published.append(published)
    times.found.append(published + searched)
    times.processor.append(processor)


def _busy(stack: Stack) -> float:
    used = spent(stack)
    return used["policy"] + used["postgres"]


def milliseconds(stack: Stack, rounds: int = 5) -> float:
    """What publishing alone takes, at the median; for those who measure it beside other things."""
    return _median(asyncio.run(_rounds(stack, act_of(stack.database_url), rounds)).published)


def _median(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]


def main() -> int:
    """Measure by itself; returns the exit code."""
    parser = argparse.ArgumentParser(description="How long publishing takes, and finding what was published.")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="where the platform's data lie")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    report = Report()
    try:
        with running_stack(asked.folder) as stack:
            stack.import_law(asked.data / "canada_federal" / "laws_2026-07-23.zip")
            measure(Bench(stack, asked.data, report, 1, 1.0), asked.rounds)
    except CannotMeasure as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0 if report.summary() else 1


if __name__ == "__main__":
    sys.exit(main())
