"""The whole platform: restarted piece by piece, its database restarted, each of its processes killed."""

from __future__ import annotations

import asyncio
import json
import time

import psycopg

from infra.local.probes import ask
from tests.faults.platform_under_test import Platform, platform
from tests.faults.promises import Options, Row, Seen
from tests.faults.steady_client import Ask, SteadyClient, Tally

_SAMPLE = "/api/v1/policies/ca-port-lumen/by-law/2019-12"
_READS = (
    "/api/v1/search?q=noise&lang=en",
    "/api/v1/policies?limit=5",
    _SAMPLE,
    f"{_SAMPLE}/en@2020-01-01",
    "/",
    "/ca-port-lumen/by-law/2019-12/en@2023-01-01",
    "/api/v1/auth/roles",
)
_HEALED_SECONDS = 10.0
_JSON = (("Content-Type", "application/json"),)


def _readers(number: int) -> Ask:
    """Reads of every service, and now and then something that may not be repeated."""
    if number % 10 == 9:
        body = json.dumps({"items": [{"address": f"{_SAMPLE}/en@2020-01-01", "sha256": "0" * 64}]}).encode()
        return Ask("POST", "/api/v1/verify", body, _JSON)
    return Ask("GET", _READS[number % len(_READS)])


def _whole(tally: Tally) -> Tally:
    return tally.where(lambda o: bool(o.failure) or o.status >= 500)


async def _restarted(options: Options) -> Seen:
    """Restart everything, again and again, until so many requests were asked."""
    seen, rounds, problems = Seen(), 0, []
    async with platform(options.folder, PROCESSES="2") as running:
        client = SteadyClient(running.base, _readers, rate=options.rate, patience=30)
        async with client.running() as tally:
            await asyncio.sleep(2)
            while rounds < 2 or tally.sent < options.requests:
                problems.append(await running.restart())
                rounds += 1
    failed = _whole(tally)
    seen.note(f"{rounds} rolling restarts of auth, policy, web, two gateway processes and the worker; {tally.words()}")
    seen.note(f"p50 {tally.at(0.5):.0f}, p99 {tally.at(0.99):.0f}, slowest {tally.slowest:.0f} ms; "
              f"{tally.stale} kept connections found closed and asked anew")  # fmt: skip
    seen.require(not any(problems), f"restarts that did not work: {[p for p in problems if p][:2]}")
    seen.require(not failed.sent, f"{failed.sent} failed: {failed.words()}; first {_first(failed)}")
    return seen


def _first(tally: Tally) -> str:
    return ", ".join(f"{o.ask.method} {o.ask.path} {o.failure or o.status}" for o in tally.outcomes[:4])


async def _database_restarted(options: Options) -> Seen:
    """PostgreSQL is killed while people read, search and register; what was acknowledged must be there afterwards."""
    seen = Seen()

    def cached(number: int) -> Ask:
        return Ask("GET", _SAMPLE)

    def searching(number: int) -> Ask:
        return Ask("GET", f"/api/v1/search?q=noise+{number}&lang=en")  # never the same: no cache can have it

    def registering(number: int) -> Ask:
        person = {"email": f"p{number}@example.org", "password": f"correct horse {number} battery", "display_name": "P"}
        return Ask("POST", "/api/v1/auth/register", json.dumps(person).encode(), _JSON, mark=f"p{number}@example.org")

    async with platform(options.folder) as running:
        loop = asyncio.get_running_loop()
        readers = SteadyClient(running.base, cached, rate=20)
        searchers = SteadyClient(running.base, searching, rate=20)
        people = SteadyClient(running.base, registering, rate=1)
        async with readers.running() as read, searchers.running() as found, people.running() as registered:
            await asyncio.sleep(5)
            running.kill("postgres")
            back = await _until_database(running)
            back_at = loop.time()
            await asyncio.sleep(max(8.0, options.seconds - 10))
        with psycopg.connect(running.owner_url) as connection:
            there = {row[0] for row in connection.execute("SELECT email FROM auth.account").fetchall()}
    acknowledged = {o.ask.mark for o in registered.outcomes if o.status == 202}
    refused = found.where(lambda o: o.status >= 500)
    late = found.since(back_at + 5).where(lambda o: bool(o.failure) or o.status >= 500)
    without = [o for o in refused.outcomes if "retry-after" not in o.headers]
    seen.note(f"PostgreSQL back after {back:.1f} s; searches {found.words()}; reads {read.words()}; "
              f"{len(acknowledged)} registrations acknowledged, {len(acknowledged - there)} lost")  # fmt: skip
    seen.note(f"refusals took {refused.at(0.5):.0f} ms at the median, {refused.slowest:.0f} at most")
    reading = read.where(lambda o: bool(o.failure) or o.status >= 500)
    seen.require(refused.kinds.keys() <= {"503"}, f"other than 503: {refused.words()}")
    seen.require(not found.where(lambda o: bool(o.failure)).sent, f"searches cut or hanging: {found.words()}")
    seen.require(not without, f"{len(without)} refusals without Retry-After")
    # A machine that takes longer for everything takes longer for this as well.
    healthy = found.where(lambda o: o.status == 200)
    patience = max(100.0, 2 * healthy.at(0.99))
    seen.require(refused.at(0.99) < patience, f"refusals took {refused.at(0.99):.0f} ms (p99), {patience:.0f} allowed")
    seen.require(not reading.sent, f"reads that a cache could answer failed: {reading.words()}")
    seen.require(not late.sent, f"not healed 5 s after PostgreSQL was back: {late.words()}")
    seen.require(bool(acknowledged), "no registration was acknowledged: nothing was shown")
    seen.require(acknowledged <= there, f"acknowledged and lost: {sorted(acknowledged - there)[:5]}")
    return seen


async def _until_database(running: Platform) -> float:
    began = time.monotonic()
    await asyncio.sleep(0.1)
    while time.monotonic() - began < 60:
        try:
            connection = await psycopg.AsyncConnection.connect(running.owner_url, connect_timeout=1)
        except psycopg.Error:
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            break
    return time.monotonic() - began


async def _each_killed(options: Options) -> Seen:
    """Every process in turn: how soon it shows, how soon all is well, and what readers see meanwhile."""
    seen = Seen()
    async with platform(options.folder) as running:
        for name in ("auth", "policy", "web", "gateway", "postgres", "valkey"):
            client = SteadyClient(running.base, lambda n: Ask("GET", _READS[n % 2]), rate=20)
            async with client.running() as tally:
                shown, healed = await _kill_and_watch(running, name)
            seen.note(f"{name}: {shown}, healed after {healed:.1f} s, reads {tally.words()}")
            seen.require(healed <= _HEALED_SECONDS, f"{name} was not healed within {_HEALED_SECONDS:g} s")
            if name == "valkey":
                seen.require(not tally.failed(), "public reads failed when Valkey was killed")
            hung = tally.where(lambda o: o.failure == "timeout")
            seen.require(not hung.sent, f"{hung.sent} reads hung when {name} was killed")
            await asyncio.sleep(3)
    return seen


async def _kill_and_watch(running: Platform, name: str) -> tuple[str, float]:
    began, shown = time.monotonic(), ""
    before = running.pid(name)
    running.kill(name)
    while (waited := time.monotonic() - began) < 3 * _HEALED_SECONDS:
        answer = await ask("127.0.0.1", running.ports["GATEWAY_PORT"], "/health")
        status = str(answer.document.get("status", "no answer"))
        # Slower than its budget is a warning on a busy machine, and no illness.
        ill = [
            entry
            for entries in answer.document.get("checks", {}).values()
            for entry in entries
            if entry["status"] != "pass" and "slower than" not in entry.get("output", "")
        ]
        if (ill or status == "no answer") and not shown:
            shown = f"shown as {status} after {waited:.1f} s"
        if not ill and status != "no answer" and running.pid(name) != before:
            return shown or "never shown", waited
        await asyncio.sleep(0.05)
    return shown or "never shown", waited


ROWS = (
    Row(
        "restart-everything",
        "Rolling restart of gateway and services",
        "no failed request",
        _restarted,
        needs_platform=True,
    ),
    Row(
        "postgres-restarted",
        "PostgreSQL restarted",
        "503 with Retry-After in < 100 ms, no hangs; cached reads unaffected; pools heal ≤ 5 s; nothing committed lost",
        _database_restarted,
        needs_platform=True,
    ),
    Row(
        "each-killed",
        "Each process of the platform killed",
        "shown, and healed within 10 s; nothing hangs; without Valkey no read fails",
        _each_killed,
        needs_platform=True,
    ),
)
