"""What a gateway process holds in memory, idle and after many requests."""

from __future__ import annotations

from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.ours import gateway, signed_in
from tests.bench.load import Target, press

_PATHS = 20_000
_PART = 20_000
"""Requests between two tokens: they live five minutes."""


def measure(bench: Bench) -> None:
    """A fresh process, asked for many different addresses, by someone and by nobody."""
    bench.report.say(f"memory after {bench.requests:,} requests")
    with gateway(bench.folder, bench.cores, bench.upstream.base, bench.store, name="memory") as program:
        idle, own_idle = program.resident(), program.own()
        paths = [f"/api/v1/documents/{number}/512" for number in range(_PATHS)]
        for number in range(max(1, bench.requests // _PART)):
            headers = signed_in if number % 2 else dict
            press(Target(program.base, paths, headers), connections=32, times=min(_PART, bench.requests))
        after, own_after = program.resident(), program.own()
    bench.report.table(
        "Memory of a gateway process",
        ("", "RSS MiB", "of it no pages of files MiB"),
        [["idle", idle, own_idle], [f"after {bench.requests:,} requests", after, own_after]],
    )
    bench.report.bar("memory, idle", idle, 64, unit=" MiB")
    bench.report.bar(f"memory after {bench.requests:,} requests", after, 100, unit=" MiB")
