"""What a request costs as the route table grows from ten to a thousand."""

from __future__ import annotations

import time

from services.gateway.routes import Route, RouteTable, Service
from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.rivals import rival
from tests.bench.gateway.sides import Side, compare
from tests.bench.load import Target

_COUNTS = (10, 100, 1000)
_LOOKUPS = 100_000


def measure(bench: Bench) -> None:
    """Ours: one lookup, in this process. Traefik: a whole request, of the route it tries last."""
    bench.report.say("routes")
    traefik = {count: _traefik(bench, count) if "traefik" in bench.rivals else "" for count in _COUNTS}
    rows: list[list[object]] = [[count, _lookup(count), traefik[count]] for count in _COUNTS]
    bench.report.table("As routes grow", ("routes", "ours, µs a lookup of a new path", "traefik, CPU µs/request"), rows)
    bench.report.bar("1,000 routes instead of 10: a lookup takes", _ratio(rows), 1.5, unit="x")


def _ratio(rows: list[list[object]]) -> float:
    first, last = rows[0][1], rows[-1][1]
    assert isinstance(first, float)
    assert isinstance(last, float)
    return last / first


def _prefixes(count: int) -> list[str]:
    return [f"/api/v1/part{number:04}" for number in range(count)]


def _lookup(count: int) -> float:
    table = RouteTable([Route("/", Service.WEB), *(Route(prefix, Service.POLICY) for prefix in _prefixes(count))])
    path = f"{_prefixes(count)[-1]}/documents/512"
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(_LOOKUPS // 5):
            table.find(path)
        best = min(best, (time.process_time() - started) / (_LOOKUPS // 5) * 1e6)
    return best


def _traefik(bench: Bench, count: int) -> float:
    prefixes = _prefixes(count)
    with rival("traefik", bench.folder / f"routes{count}", bench.cores, bench.upstream, routes=prefixes) as program:
        side = Side(program, Target(program.base, [f"{prefixes[-1]}/documents/512"]))
        return compare({"traefik": side}, times=bench.times // 2, rounds=bench.rounds)["traefik"].processor
