"""What measurements say: progress on stderr, tables and bars on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that was promised, and what was measured."""

    name: str
    measured: float
    bound: float
    at_least: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is kept."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def line(self) -> str:
        """One line that says so."""
        sign = ">=" if self.at_least else "<="
        said = f"{self.measured:10.2f}{self.unit} {sign} {self.bound:g}{self.unit}"
        return f"{'holds' if self.holds else 'FAILS':6} {self.name:62} {said}"


@dataclass(slots=True)
class Report:
    """Collects bars; prints as it goes."""

    bars: list[Bar] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """What is going on now."""
        sys.stderr.write(f"[{time.monotonic() - self.started:6.0f} s] {text}\n")
        sys.stderr.flush()

    def bar(self, name: str, measured: float, bound: float, *, at_least: bool = False, unit: str = "") -> None:
        """Note a promise with its measurement."""
        self.bars.append(Bar(name, measured, bound, at_least, unit))

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table in Markdown; floats with as many digits as matter."""
        lines = [f"\n### {title}\n", "| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
        lines += ["| " + " | ".join(map(_shown, row)) + " |" for row in rows]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """A sentence below a table: what was compared."""
        sys.stdout.write(f"\n{text}\n")
        sys.stdout.flush()

    def summary(self) -> bool:
        """Print every bar; returns whether all hold."""
        sys.stdout.write("\n### Bars\n\n" + "\n".join(bar.line() for bar in self.bars) + "\n")
        return all(bar.holds for bar in self.bars)


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"
