"""The import of all laws as a part of the benchmark: into a database of its own, by `tests.bench.import_law`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measuring import Bench
from tests.bench.stack import ROOT, CannotMeasure

_LAWS = "laws_2026-07-23.zip"
_MOST_SECONDS = 60.0
_MOST_MIB = 1024.0


def measure(bench: Bench) -> None:
    """Import, show what it took, and note the bars."""
    archive = bench.data / "canada_federal" / _LAWS
    bench.report.say("importing all laws into a database of its own")
    with tempfile.TemporaryDirectory(prefix="opp-bench-") as folder:
        figures = Path(folder) / "import.json"
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.import_law", str(archive), "--json", str(figures)],
            cwd=ROOT, stdout=sys.stderr, check=False,
        )  # fmt: skip
        if done.returncode != 0 or not figures.is_file():
            raise CannotMeasure(f"the import ended with {done.returncode}")
        found = json.loads(figures.read_text(encoding="utf-8"))[0]
    phases = ", ".join(f"{name} {seconds:.0f}" for name, seconds in found["phases"].items())
    bench.report.table(
        f"Import of {_LAWS} to searchable",
        ("seconds", "of it", "processor s, import", "processor s, PostgreSQL", "MiB, import", "MiB, PostgreSQL"),
        [[found["wall"], phases, found["import_cpu"], found["postgres_cpu"], found["import_memory"],
          found["postgres_memory"]]],
    )  # fmt: skip
    bench.report.bar("import of all laws to searchable", found["wall"], _MOST_SECONDS, unit=" s")
    bench.report.bar("import: largest memory of its processes", found["import_memory"], _MOST_MIB, unit=" MiB")
