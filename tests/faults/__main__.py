"""`make faults`: every promise of the gateway under constant load, and what was seen. Exits 1 when one was broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

import uvloop

from tests.faults.promises import Options, Row, Seen, table
from tests.faults.rows import client_faults, lasting_faults, platform_faults, redis_faults, upstream_faults

ROWS: tuple[Row, ...] = (
    *redis_faults.ROWS,
    *upstream_faults.ROWS,
    *client_faults.ROWS,
    *lasting_faults.ROWS,
    *platform_faults.ROWS,
)


def main(arguments: list[str]) -> int:
    """Run the rows that are asked for; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(row.name for row in ROWS)}; default: all")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long a fault lasts")
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second")
    parser.add_argument("--requests", type=int, default=5_000, help="at least so many in the rolling restart")
    parser.add_argument("--soak-seconds", type=float, default=120.0)
    parser.add_argument("--folder", type=Path, help="keep logs and data here; default: a temporary folder")
    asked = parser.parse_args(arguments)
    unknown = set(asked.rows) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="opp-faults-") as temporary:
        folder = (asked.folder or Path(temporary)).absolute()
        found = [
            (row, _run(row, Options(folder / row.name, asked.seconds, asked.rate, asked.requests, asked.soak_seconds)))
            for row in ROWS
            if not asked.rows or row.name in asked.rows
        ]
    sys.stdout.write(f"\n{table(found)}\n")
    return 0 if all(seen.kept for _, seen in found) else 1


def _run(row: Row, options: Options) -> Seen:
    began = time.monotonic()
    sys.stderr.write(f"{row.name}: {row.fault} … ")
    sys.stderr.flush()
    try:
        seen = uvloop.run(row.run(options))
    except Exception as error:  # a row that cannot be run is a promise not shown; the others still run
        traceback.print_exc()
        seen = Seen(broken=[f"could not be run: {type(error).__name__}: {str(error)[:200]}"])
    sys.stderr.write(f"{'kept' if seen.kept else 'BROKEN'} in {time.monotonic() - began:.0f} s\n  {seen.words()}\n")
    return seen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
