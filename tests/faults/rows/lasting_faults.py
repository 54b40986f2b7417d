"""Replicas that come and go, settings that cannot be used, and time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter

from tests.bench.stack import ROOT
from tests.faults.processes_under_test import KEY, free_port
from tests.faults.promises import Options, Row, Seen
from tests.faults.steady_client import Ask, SteadyClient, until

_READ = "/api/v1/kinds"
_WRITE = "/api/v1/imports"
_IN_USE_SECONDS = 5.0


def _asks(number: int) -> Ask:
    if number % 5 == 4:
        return Ask("POST", f"{_WRITE}?wait=0.02", b"abc", expect=b"x")
    return Ask("GET", f"{_READ}?wait=0.02&n={number}", expect=b"x")


async def _scale(options: Options) -> Seen:
    """One replica, then four, then one: those that end are told to (TERM) and finish what they have."""
    seen = Seen()
    async with contextlib.AsyncExitStack() as stack:
        ports = [free_port() for _ in range(4)]
        addresses = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        first = await stack.enter_async_context(options.workshop.upstream("r0", port=ports[0]))
        gateway = await stack.enter_async_context(options.workshop.gateway(addresses))
        client = SteadyClient(gateway.base, _asks, rate=options.rate)
        async with client.running() as tally:
            await asyncio.sleep(3)
            more = [
                await stack.enter_async_context(options.workshop.upstream(f"r{n}", port=ports[n])) for n in (1, 2, 3)
            ]
            in_use = await until(lambda: all(_served(replica.noted()) for replica in more), 15) or 15.0
            await asyncio.sleep(2)
            for replica in more:
                await asyncio.to_thread(replica.end)
                await asyncio.sleep(1)
            await asyncio.sleep(2)
        shares = Counter({r.name: _served(r.noted()) for r in (first, *more)})
    failed = tally.where(lambda o: bool(o.failure) or o.status != 200)
    seen.note(f"{tally.words()}; all four in use {in_use:.1f} s after they were up; served {dict(shares)}")
    seen.require(in_use <= _IN_USE_SECONDS, f"a new replica was not in use within {_IN_USE_SECONDS:g} s")
    seen.require(not failed.sent, f"{failed.sent} requests failed: {failed.words()}")
    return seen


def _served(noted: list[tuple[str, str, int]]) -> int:
    return sum(what == "done" for what, _, _ in noted)


_BAD = (
    ("INTERNAL_KEY", "short"), ("POLICY_URL", "policy:8082"), ("MAX_BODY_BYTES", "-1"), ("PROCESSES", "many"),
    ("TRUSTED_PROXIES", "everyone"), ("RATE_LIMIT_ANONYMOUS_PER_MINUTE", "0"), ("DRAIN_SECONDS", "soon"),
    ("PORT", "70000"), ("LISTEN_DESCRIPTORS", "x"), ("REDIS_SECONDS", "0"),
)  # fmt: skip


async def _bad_settings(options: Options) -> Seen:
    """Each setting wrong, one at a time."""
    seen, refused = Seen(), 0
    for name, value in _BAD:
        environment = {
            **{key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ},
            "INTERNAL_KEY": KEY, "REDIS_URL": "redis://127.0.0.1:1/0", "PORT": str(free_port()), name: value,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.gateway", cwd=ROOT, env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(30):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            said, _ = await process.communicate()
        text = said.decode(errors="replace")
        good = process.returncode == 2 and name in text and "Traceback" not in text
        refused += good
        seen.require(good, f"{name}={value}: exit {process.returncode}, {text[-120:]!r}")
    seen.note(f"{refused} of {len(_BAD)} refused with exit code 2 and the setting's name")
    return seen


async def _soak(options: Options) -> Seen:
    """Reads, writes, long answers and clients that leave, for as long as is asked for; memory and descriptors."""
    seen = Seen()

    def mixed(number: int) -> Ask:
        if number % 20 == 19:
            return Ask("GET", f"{_READ}?size=300000", expect=b"x")
        if number % 50 == 48:
            return Ask("GET", f"/api/v1/nothing-{number}?status=404")
        return _asks(number)

    async with (
        options.workshop.upstream() as upstream,
        options.workshop.gateway(upstream.base) as gateway,
    ):
        loop = asyncio.get_running_loop()
        began = loop.time()
        samples: list[tuple[float, float, float]] = []
        patient = SteadyClient(gateway.base, mixed, rate=options.rate)
        leaving = SteadyClient(gateway.base, lambda n: Ask("GET", f"{_READ}?wait=5"), rate=5, patience=0.2)
        async with patient.running() as tally, leaving.running():
            while loop.time() - began < options.soak_seconds:
                await asyncio.sleep(min(2.0, options.soak_seconds / 20))
                samples.append((loop.time() - began, gateway.megabytes, gateway.descriptors))
    half = samples[len(samples) // 2 :]
    memory = _slope([(at, megabytes) for at, megabytes, _ in half]) * 3600
    descriptors = _slope([(at, count) for at, _, count in half]) * 3600
    seen.note(f"{options.soak_seconds:.0f} s, {tally.words()}; memory {samples[0][1]:.1f} to {samples[-1][1]:.1f} MB, "
              f"in the second half {memory:+.1f} MB and {descriptors:+.0f} descriptors an hour")  # fmt: skip
    grown = half[-1][1] - half[0][1]
    seen.require(grown < 2, f"memory grew by {grown:.1f} MB in the second half")
    seen.require(half[-1][2] - half[0][2] < 20, f"descriptors grew from {half[0][2]:.0f} to {half[-1][2]:.0f}")
    seen.require(tally.kinds.keys() <= {"200", "404"}, f"failures: {tally.words()}")
    return seen


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line through the points, by least squares."""
    count = len(points)
    x, y = sum(p[0] for p in points) / count, sum(p[1] for p in points) / count
    spread = sum((p[0] - x) ** 2 for p in points)
    return sum((p[0] - x) * (p[1] - y) for p in points) / spread if spread else 0.0


ROWS = (
    Row("scale", "Scale 1 → 4 → 1", "new replica in use ≤ 5 s; no failed request", _scale),
    Row("bad-settings", "Bad configuration", "refuses to start, names the field", _bad_settings),
    Row("soak", "Hours of soak (minutes unless asked for)", "RSS and descriptor slope about zero", _soak),
)
