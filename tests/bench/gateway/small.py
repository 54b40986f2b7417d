"""A GET of 512 bytes, for as fast as 32 connections can ask: what the work before and after an answer costs."""

from __future__ import annotations

from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.ours import signed_in
from tests.bench.gateway.rivals import DUTIES
from tests.bench.gateway.sides import COLUMNS, compare

PATH = "/api/v1/documents/512"
OURS, SIGNED_IN = "ours", "ours, with an access token"


def measure(bench: Bench) -> None:
    """The table of all proxies, and the bars."""
    bench.report.say("512 bytes")
    sides = {OURS: bench.side("ours", PATH), SIGNED_IN: bench.side("ours", PATH, signed_in)}
    sides |= {name: bench.side(name, PATH) for name in bench.rivals}
    costs = compare(sides, times=bench.times, rounds=bench.rounds)
    rows = []
    for name, cost in costs.items():
        ratios = [
            cost.processor / costs[other].processor if other in costs else "" for other in ("traefik", "textbook")
        ]
        rows.append([name, *cost.row(), *ratios])
    bench.report.table("512 bytes, 32 connections", ("proxy", *COLUMNS, "of Traefik", "of the textbook's"), rows)
    duties = "; ".join(f"{name}: {DUTIES[name]}" for name in bench.rivals)
    bench.report.note(
        f"Ours: request id, token check, rate limit, balancing, metrics, JSON access log; its Valkey used "
        f"{costs[OURS].also:.1f} and {costs[SIGNED_IN].also:.1f} µs/request besides. {duties}. Throughput of the fast "
        "ones is bounded by the client, which shares a processor with the upstream."
    )
    for name in (OURS, SIGNED_IN):
        for other, bound in (("traefik", 1.0), ("textbook", 0.5)):
            if other in costs:
                ratio = costs[name].processor / costs[other].processor
                bench.report.bar(f"512 bytes, {name}: CPU a request beside {other}", ratio, bound, unit="x")
    bench.report.bar("512 bytes, ours: CPU a request beside Envoy's 38 µs (aim)", costs[OURS].processor, 38, unit=" µs")
