"""Larger answers: 8 KB, which go in one piece, and 1 MB, which stream."""

from __future__ import annotations

from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.sides import COLUMNS, compare

_SIZES = ((8192, "8 KB", 3), (1_048_576, "1 MB", 60))
"""Bytes, what they are called, and by how much fewer of them are asked for."""


def measure(bench: Bench) -> None:
    """One table a size."""
    for size, name, fewer in _SIZES:
        bench.report.say(name)
        sides = {proxy: bench.side(proxy, f"/api/v1/documents/{size}") for proxy in ("ours", *bench.rivals)}
        costs = compare(sides, times=max(bench.times // fewer, 64), rounds=bench.rounds)
        traefik = costs.get("traefik")
        rows = [
            [proxy, *cost.row(), cost.processor / traefik.processor if traefik else ""] for proxy, cost in costs.items()
        ]
        bench.report.table(f"{name}, 32 connections", ("proxy", *COLUMNS, "of Traefik"), rows)
