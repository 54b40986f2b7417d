"""`python -m tests.evaluation.login_times`: whether the time of an answer tells who has an account.

Asks a real auth service, with hashes at their full cost, in pairs: once for a known and once for an unknown address, in
an order that changes. Prints the medians, and exits with 1 when those of a question differ by more than 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from services.auth.app import create_app
from tests.auth.auth_service import Auth, auth_settings
from tests.evaluation.servers import database_and_redis
from tests.serving import running

ALLOWED = 0.05
Question = Callable[[str, int], Awaitable[int]]


async def measure(question: Question, known: str, pairs: int) -> tuple[float, float]:
    """Median seconds for the known and for unknown addresses."""
    times: dict[bool, list[float]] = {True: [], False: []}
    order = random.Random(1)  # noqa: S311 - any order will do
    for number in range(pairs):
        for is_known in order.sample([True, False], 2):
            email = known if is_known else f"unknown-{number:04d}@example.org"
            started = time.perf_counter()
            status = await question(email, number)
            times[is_known].append(time.perf_counter() - started)
            if status not in (202, 401):
                raise RuntimeError(f"answered {status}")
    return statistics.median(times[True]), statistics.median(times[False])


async def compare(pairs: int, cost: int, folder: Path) -> bool:
    """Measure and print every question; whether all are within what is allowed."""
    good = True
    with database_and_redis(folder) as (database, redis_url):
        redis = Redis.from_url(redis_url)
        app = create_app(auth_settings(database, redis_url, bcrypt_cost=cost))
        async with running(app) as base, aiohttp.ClientSession() as session:
            auth = Auth(base, session, database, redis, app)
            known = "known-0000@example.org"
            await auth.register(known)

            async def login(email: str, number: int) -> int:
                await redis.flushall()  # so that nobody has to wait
                return (await auth.login(email, "a wrong password here")).status

            async def register(email: str, number: int) -> int:
                return (await auth.register(email, confirmed=False)).status

            async def reset(email: str, number: int) -> int:
                path = "/api/v1/auth/password-reset/request"
                return (await auth.call("POST", path, {"email": email})).status

            for name, question in (("login", login), ("register", register), ("reset", reset)):
                there, not_there = await measure(question, known, pairs)
                off = abs(there - not_there) / not_there
                good = good and off <= ALLOWED
                sys.stdout.write(
                    f"{name:9} known {there * 1000:8.2f} ms  unknown {not_there * 1000:8.2f} ms  apart {off:6.2%}"
                    f"  {'ok' if off <= ALLOWED else 'TOO FAR'}\n"
                )
                sys.stdout.flush()
        await redis.aclose()
    return good


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.login_times", description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="questions of each kind (200)")
    parser.add_argument("--cost", type=int, default=12, help="cost of the hashes (12, as in production)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opp-") as folder:
        Path(folder).chmod(0o755)
        return 0 if asyncio.run(compare(given.pairs, given.cost, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
