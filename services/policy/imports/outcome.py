"""What an import came to: counted as it goes, told at the end, written as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from services.policy.imports.store import Outcome
from services.policy.imports.worker import BatchResult, Failure

SHOWN_FAILURES = 20


@dataclass(slots=True)
class Totals:
    """Counts over the files of an import."""

    files: int
    bytes: int
    done_files: int = 0
    done_bytes: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, result: BatchResult) -> None:
        """Count a finished batch."""
        self.done_files += len(result.batch.files)
        self.done_bytes += result.batch.bytes
        self.outcomes.update(result.outcomes)
        self.failures += result.failures

    @property
    def wrote(self) -> bool:
        """Whether any text was written."""
        return bool(self.outcomes[Outcome.ADDED] or self.outcomes[Outcome.CHANGED])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An import as it ended."""

    importer: str
    source: Path
    release: date
    totals: Totals
    seconds: float
    stopped: bool = False
    trouble: str = ""
    """What broke the import off; empty when nothing did."""

    @property
    def exit_code(self) -> int:
        """0: all files imported; 1: some failed, or the import broke off; 130: it was stopped."""
        if self.stopped:
            return 130
        return 1 if self.totals.failures or self.trouble else 0

    def body(self) -> dict[str, Any]:
        """For `--report`."""
        return {
            "importer": self.importer,
            "source": str(self.source),
            "release": self.release.isoformat(),
            "state": "stopped" if self.stopped else "broken off" if self.trouble else "done",
            "trouble": self.trouble,
            "files": self.totals.files,
            "done": self.totals.done_files,
            "counts": counts(self.totals.outcomes),
            "seconds": round(self.seconds, 2),
            "failures": [
                {"path": failure.path, "line": failure.line, "message": failure.message}
                for failure in sorted(self.totals.failures, key=lambda failure: failure.path)
            ],
        }

    def lines(self) -> list[str]:
        """For people."""
        figures = counts(self.totals.outcomes)
        lines = [self._head(), "  " + ", ".join(f"{number:,} {name}" for name, number in figures.items())]
        lines += failure_lines(self.totals.failures)
        if self.stopped or self.trouble:
            lines.append("Nothing is half written. Run the same command again to go on where this ended.")
        return lines

    def _head(self) -> str:
        if self.trouble:
            return f"The import broke off: {self.trouble}"
        what = "Stopped after" if self.stopped else "Read"
        where = ""
        if self.stopped and self.totals.done_files == self.totals.files:
            where = ", with the search index still to be finished"
        return f"{what} {self.totals.done_files:,} of {self.totals.files:,} files in {self.seconds:.1f} s{where}:"


def counts(outcomes: Counter[Outcome]) -> dict[str, int]:
    """Every outcome with its number, also those that did not occur."""
    return {outcome.value: outcomes[outcome] for outcome in Outcome}


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """The first failures, each with file and line."""
    shown = sorted(failures, key=lambda failure: failure.path)[:SHOWN_FAILURES]
    lines = [f"  {f.path}{f':{f.line}' if f.line else ''}: {f.message}" for f in shown]
    if len(failures) > len(shown):
        lines.append(f"  … and {len(failures) - len(shown):,} more; --report FILE lists them all")
    return lines


def write_report(path: Path, report: ImportReport) -> None:
    """Write the report as JSON. Raises OSError."""
    path.write_text(json.dumps(report.body(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
