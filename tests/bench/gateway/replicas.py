"""Throughput as replicas of a service are added that each answer one request at a time, in two milliseconds."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack

from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.ours import gateway
from tests.bench.gateway.programs import Program, free_port, started
from tests.bench.load import Load, Target, press

_COUNTS = (1, 2, 4)
_SECONDS = 3.0
_PATH = "/api/v1/busy/512"


def measure(bench: Bench) -> None:
    """The table for 1, 2 and 4 replicas."""
    rows = []
    for count in _COUNTS:
        bench.report.say(f"{count} replicas")
        load = _with(bench, count)
        rows.append([count, load.per_second, load.at(0.5), load.at(0.99)])
    bench.report.table(
        "32 connections, replicas that take 2 ms for each request, one by one (500 requests/s each at best)",
        ("replicas", "requests/s", "p50 ms", "p99 ms"),
        rows,
    )


def _with(bench: Bench, count: int) -> Load:
    with ExitStack() as running:
        replicas = [running.enter_context(_replica(bench, number)) for number in range(count)]
        upstreams = ",".join(replica.base for replica in replicas)
        proxy = running.enter_context(gateway(bench.folder, bench.cores, upstreams, bench.store, name=f"of{count}"))
        target = Target(proxy.base, [_PATH])
        press(target, connections=32, seconds=0.5)
        return press(target, connections=32, seconds=_SECONDS)


def _replica(bench: Bench, number: int) -> AbstractContextManager[Program]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.gateway.upstream", str(port)]
    return started(f"replica {number}", command, port, core=bench.cores.rest, log=bench.folder / f"replica{number}.log")
