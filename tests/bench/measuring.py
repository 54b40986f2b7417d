"""What every part of the benchmark is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import reference
from tests.bench.load import Load, Target, press
from tests.bench.report import Report
from tests.bench.stack import Stack

Answer = Callable[[], Load]
"""Puts one round of requests to one side of a comparison."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over rounds; times in milliseconds."""

    per_second: float
    p50: float
    p95: float
    p99: float
    bytes_each: float

    def row(self) -> list[float]:
        """As columns of a table."""
        return [self.per_second, self.p50, self.p95, self.p99]


COLUMNS = ("requests/s", "p50 ms", "p95 ms", "p99 ms")


@dataclass(frozen=True, slots=True)
class Bench:
    """A loaded platform, its data, and how long to measure."""

    stack: Stack
    data: Path
    report: Report
    rounds: int
    seconds: float

    def reference(self) -> Path:
        """The same provisions in SQLite; built when the last one is of other law."""
        file = self.stack.folder / "reference.sqlite"
        if not reference.is_current(file, reference.provisions_in(self.stack.database_url)):
            reference.build(self.stack.database_url, file, self.report.say)
        return file

    def gateway(self, paths: Sequence[str]) -> Target:
        """These addresses through the gateway."""
        return Target(self.stack.gateway, paths)

    def policy(self, paths: Sequence[str]) -> Target:
        """The same at the policy service itself, asked as the gateway asks it."""
        return Target(self.stack.policy, paths, self.stack.internal_header)

    def compare(self, sides: Mapping[str, Answer]) -> dict[str, Figures]:
        """Ask the sides in turn, round by round, after a round to warm up that does not count."""
        for answer in sides.values():
            answer()
        loads: dict[str, list[Load]] = {name: [] for name in sides}
        for _ in range(self.rounds):
            for name, answer in sides.items():
                loads[name].append(answer())
        return {name: figures(found) for name, found in loads.items()}

    def pressing(self, target: Target, connections: int) -> Answer:
        """A side that asks `target` for as long as a round takes."""
        return lambda: press(target, connections=connections, seconds=self.seconds)


def figures(loads: Sequence[Load]) -> Figures:
    """The median of each figure."""
    return Figures(
        median(load.per_second for load in loads),
        median(load.at(0.50) for load in loads),
        median(load.at(0.95) for load in loads),
        median(load.at(0.99) for load in loads),
        median(load.received / len(load.times) for load in loads),
    )
