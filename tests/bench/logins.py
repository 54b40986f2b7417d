"""Fifty people signing in at once, beside bcrypt alone; and whether everything else answers meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import aiohttp
import bcrypt
import psycopg
import uvloop

from infra.local.secrets import SecretStore
from services.auth.accounts.passwords import Passwords
from tests.bench.load import percentile
from tests.bench.report import Report
from tests.bench.stack import CannotMeasure, Stack, running_stack

PEOPLE = 50
COST = 12
THREADS = 2
"""As many as the auth service hashes with."""
_PASSWORD = "plum-Orbit-94-tangerine"
_PAUSE = 0.02  # between two questions to a page of health
_AGAIN = 0.5  # who was told to come again does, after so long
_BOUND = 100.0
_UNLIMITED = {"RATE_LIMIT_CREDENTIALS_PER_MINUTE": "6000000", "RATE_LIMIT_CREDENTIALS_BURST": "6000000"}


def measure(folder: Path, report: Report, *, rounds: int, seconds: float) -> None:
    """Print what a flood of sign-ins got, and what /livez of each service took; note the bars."""
    report.say(f"starting a platform on {folder}")
    with running_stack(folder, **_UNLIMITED) as stack:
        emails = _people(stack)
        pages = {
            name: f"http://127.0.0.1:{stack.ports[f'{name.upper()}_PORT']}/livez"
            for name in ("gateway", "auth", "policy", "web")
        }
        bare: list[float] = []
        rates: list[float] = []
        answers: Counter[int] = Counter()
        slow: dict[str, list[float]] = {name: [] for name in pages}
        calm: dict[str, list[float]] = {name: [] for name in pages}
        times: list[float] = []
        for number in range(rounds):
            report.say(f"logins: round {number + 1} of {rounds}")
            _add(calm, uvloop.run(_watched(pages, asyncio.sleep(seconds))))
            bare.append(_bcrypt_alone(seconds))
            got: list[tuple[int, float]] = []
            flood = _flood(f"http://127.0.0.1:{stack.ports['GATEWAY_PORT']}", emails, seconds, got)
            _add(slow, uvloop.run(_watched(pages, flood)))
            answers.update(status for status, _ in got)
            times += [taken for status, taken in got if status == 200]
            rates.append(sum(status == 200 for status, _ in got) / seconds)
            bare.append(_bcrypt_alone(seconds))
    _tell(report, bare, rates, answers, times, calm, slow)


def _tell(
    report: Report,
    bare: list[float],
    rates: list[float],
    answers: Counter[int],
    times: list[float],
    calm: dict[str, list[float]],
    slow: dict[str, list[float]],
) -> None:
    alone, through = median(bare), median(rates)
    report.table(
        f"{PEOPLE} people signing in at once, through the gateway, bcrypt cost {COST} in {THREADS} threads",
        ("what", "a second", "times bcrypt alone"),
        [["bcrypt alone", alone, 1.0], ["sign-ins", through, through / alone]],
    )
    report.table("Answers", ("status", "how many"), [[status, count] for status, count in sorted(answers.items())])
    report.note(f"A sign-in took {median(times):,.0f} ms in the middle, p99 {percentile(times, 0.99):,.0f} ms.")
    rows = [
        [name, percentile(calm[name], 0.5), percentile(calm[name], 0.99), percentile(found, 0.5),
         percentile(found, 0.99), max(found), percentile(found, 0.99) / percentile(calm[name], 0.99)]
        for name, found in slow.items()
    ]  # fmt: skip
    heads = ("/livez of", "calm p50 ms", "calm p99 ms", "p50 ms", "p99 ms", "most ms", "p99, times calm")
    report.table("Health meanwhile", heads, rows)
    for name, found in slow.items():
        report.bar(f"logins: p99 of /livez of {name}", percentile(found, 0.99), _BOUND, unit=" ms")
    odd = sum(count for status, count in answers.items() if status not in (200, 503))
    report.bar("logins: answers besides 200 and 503", float(odd), 0)
    report.bar("logins: sign-ins, times bcrypt alone", through / alone, 0.5, at_least=True)


def _people(stack: Stack) -> list[str]:
    """The addresses of people who can sign in; made where they are not there yet."""
    emails = [f"bench-{number}@example.org" for number in range(PEOPLE)]
    pepper = SecretStore(stack.folder / "secrets").read("password_pepper")

    async def kept() -> str:
        passwords = Passwords(pepper, cost=COST)
        try:
            return await passwords.hash(_PASSWORD)
        finally:
            await passwords.close()

    kept_hash = asyncio.run(kept())
    query = (
        "INSERT INTO auth.account (id, email, display_name, password_hash, role, epoch_changed_at, created_at,"
        " verified_at) VALUES (%s, %s, 'Bench', %s, 'reader', now(), now(), now()) ON CONFLICT (email) DO NOTHING"
    )
    with psycopg.connect(stack.owner_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(query, [(uuid4(), email, kept_hash) for email in emails])
    return emails


def _bcrypt_alone(seconds: float) -> float:
    """Passwords checked in a second by as many threads, and by nothing else."""
    kept = bcrypt.hashpw(b"a password", bcrypt.gensalt(COST))
    until = time.perf_counter() + seconds
    counts = [0] * THREADS
    begin = threading.Barrier(THREADS)

    def check(place: int) -> None:
        begin.wait()
        while time.perf_counter() < until:
            bcrypt.checkpw(b"a password", kept)
            counts[place] += 1

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(check, range(THREADS)))
    return sum(counts) / (time.perf_counter() - started)


async def _flood(gateway: str, emails: list[str], seconds: float, got: list[tuple[int, float]]) -> None:
    """Everybody signs in again and again for so long; those who wait at the end are waited for, and not counted."""
    until = time.perf_counter() + seconds

    async def one(session: aiohttp.ClientSession, email: str) -> None:
        while time.perf_counter() < until:
            started = time.perf_counter()
            async with session.post(
                f"{gateway}/api/v1/auth/login", json={"email": email, "password": _PASSWORD}
            ) as response:
                await response.read()
                status = response.status
            ended = time.perf_counter()
            if ended < until or status not in (200, 503):
                got.append((status, (ended - started) * 1000))
            if status == 503:
                await asyncio.sleep(_AGAIN)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one(session, email) for email in emails))


async def _watched(pages: dict[str, str], work: Coroutine[Any, Any, None]) -> dict[str, list[float]]:
    """Milliseconds that each page took, asked again and again while `work` goes on."""
    found: dict[str, list[float]] = {name: [] for name in pages}
    async with aiohttp.ClientSession() as session:

        async def watch(name: str, address: str) -> None:
            while True:
                started = time.perf_counter()
                async with session.get(address) as response:
                    await response.read()
                    if response.status != 200:
                        raise CannotMeasure(f"{address} answers {response.status}")
                found[name].append((time.perf_counter() - started) * 1000)
                await asyncio.sleep(_PAUSE)

        watching = [asyncio.create_task(watch(name, address)) for name, address in pages.items()]
        doing = asyncio.create_task(work)
        try:
            await asyncio.wait([doing, *watching], return_when=asyncio.FIRST_COMPLETED)
            for task in (doing, *watching):
                if task.done():
                    task.result()
        finally:
            for task in (doing, *watching):
                task.cancel()
            await asyncio.gather(doing, *watching, return_exceptions=True)
    return found


def _add(kept: dict[str, list[float]], found: dict[str, list[float]]) -> None:
    for name, times in found.items():
        kept[name] += times
