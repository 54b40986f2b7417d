"""A public answer that may be kept, from our shared cache, beside Traefik asking for it each time."""

from __future__ import annotations

from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.sides import COLUMNS, compare

_PATH = "/api/v1/public/512"


def measure(bench: Bench) -> None:
    """The table, and the bar."""
    bench.report.say("a cached public GET")
    names: list[str] = ["ours", *(name for name in bench.rivals if name == "traefik")]
    sides = {name: bench.side(name, _PATH) for name in names}
    costs = compare(sides, times=bench.times, rounds=bench.rounds)
    bench.report.table(
        "512 bytes that may be kept for a minute (Traefik has no cache)",
        ("proxy", *COLUMNS),
        [[name, *cost.row()] for name, cost in costs.items()],
    )
    if "traefik" in costs:
        ratio = costs["ours"].processor / costs["traefik"].processor
        bench.report.bar("cached public GET: CPU beside Traefik's proxied GET", ratio, 0.5, unit="x")
