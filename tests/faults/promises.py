"""What a row of `make faults` is: a fault, the promise, and a run that says what was seen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.processes_under_test import Workshop


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do."""

    folder: Path
    """Logs, journals and the platform's data."""
    seconds: float = 20.0
    """How long a fault lasts under load."""
    rate: float = 100.0
    """Requests a second."""
    requests: int = 5_000
    """At least so many requests in the rolling restart."""
    soak_seconds: float = 120.0

    @property
    def workshop(self) -> Workshop:
        """Where processes are made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Workshop(self.folder)


@dataclass(slots=True)
class Seen:
    """What a run saw. The promise is kept when nothing is held against it."""

    facts: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def note(self, fact: str) -> None:
        """Something worth telling."""
        self.facts.append(fact)

    def require(self, holds: bool, otherwise: str) -> None:
        """A part of the promise."""
        if not holds:
            self.broken.append(otherwise)

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return not self.broken

    def words(self) -> str:
        """For the table."""
        return "; ".join(self.facts + [f"BROKEN: {text}" for text in self.broken])


@dataclass(frozen=True, slots=True)
class Row:
    """One promise."""

    name: str
    """For `make faults ROW=…`."""
    fault: str
    promise: str
    run: Callable[[Options], Coroutine[Any, Any, Seen]]
    needs_platform: bool = False
    """Whether it runs the whole platform, with PostgreSQL and Valkey, rather than a gateway before plain upstreams."""


def table(found: list[tuple[Row, Seen]]) -> str:
    """Markdown: fault, promise, what was seen, and whether it was kept."""
    lines = ["| fault | promise | seen | kept |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row.fault} | {row.promise} | {seen.words().replace('|', '/')} | {'yes' if seen.kept else '**no**'} |"
        for row, seen in found
    ]
    return "\n".join(lines)
