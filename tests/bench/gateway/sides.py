"""Puts the same requests to each proxy in turn, and says what that cost them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.gateway.programs import Program
from tests.bench.load import Load, Target, press

CONNECTIONS = 32
COLUMNS = ("CPU µs/request", "requests/s", "p50 ms", "p99 ms")


@dataclass(frozen=True, slots=True)
class Side:
    """One proxy, and what it is asked."""

    program: Program
    target: Target
    also: tuple[Program, ...] = ()
    """Servers that work for it, whose time is told apart."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over rounds; processor time in microseconds a request, times in milliseconds."""

    processor: float
    also: float
    per_second: float
    p50: float
    p99: float

    def row(self) -> list[float]:
        """As columns of a table."""
        return [self.processor, self.per_second, self.p50, self.p99]


def compare(sides: Mapping[str, Side], *, times: int, rounds: int, connections: int = CONNECTIONS) -> dict[str, Cost]:
    """Ask the sides in turn, round by round, after a round to warm up that does not count."""
    for side in sides.values():
        press(side.target, connections=connections, times=max(times // 4, connections))
    found: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            found[name].append(_ask(side, times, connections))
    return {name: _median(costs) for name, costs in found.items()}


def _ask(side: Side, times: int, connections: int) -> Cost:
    before = _spent(side)
    load: Load = press(side.target, connections=connections, times=times)
    own, also = (after - earlier for after, earlier in zip(_spent(side), before, strict=True))
    asked = len(load.times)
    return Cost(own / asked * 1e6, also / asked * 1e6, load.per_second, load.at(0.5), load.at(0.99))


def _spent(side: Side) -> tuple[float, float]:
    return side.program.processor_seconds(), sum(program.processor_seconds() for program in side.also)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        median(cost.processor for cost in costs),
        median(cost.also for cost in costs),
        median(cost.per_second for cost in costs),
        median(cost.p50 for cost in costs),
        median(cost.p99 for cost in costs),
    )
