"""Measures the platform beside references in the same run, and says which promises hold.

    python -m tests.bench [PART ...] [--data FOLDER] [--folder FOLDER] [--rounds N] [--seconds S] [--report-only]

Starts a platform of its own from this checkout on free loopback ports, with its data in var/bench, where it stays for
the next time. Ctrl-C stops it all. Exits 1 when a promise is broken (unless --report-only), 2 when it cannot measure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from tests.bench import bulk, changes_api, growth, importing, logins, publish, reading, search
from tests.bench.measuring import Bench
from tests.bench.report import Report
from tests.bench.stack import ROOT, CannotMeasure, Stack, fits, is_usable, note_held, running_stack, settle

DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data")
_ARCHIVES = ("history.zip", "laws_2026-07-23.zip")
PARTS: dict[str, Callable[[Bench], None]] = {
    "redline": changes_api.measure,
    "search": search.measure,
    "read": reading.measure,
    "publish": publish.measure,
    "bulk": bulk.measure,
    "import": importing.measure,
}
"""What is measured on one platform, in this order."""
_GROWTH = "growth"
"""Measured only when it is asked for: it takes an hour, and 30 GB of disk."""

_LOGINS = "logins"
"""Measured only when it is asked for, on a platform of its own without law."""


def main() -> int:
    """Run the parts; returns the exit code."""
    asked = _arguments()
    report = Report()
    archives = [asked.data / "canada_federal" / name for name in _ARCHIVES]
    try:
        if _LOGINS in asked.parts:
            logins.measure(asked.folder.parent / _LOGINS, report, rounds=asked.rounds, seconds=asked.seconds)
        if asked.parts != [_LOGINS]:
            _require(archives)
            _measure(asked, archives, report)
    except CannotMeasure as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    return 0 if report.summary() or asked.report_only else 1


def _measure(asked: argparse.Namespace, archives: Sequence[Path], report: Report) -> None:
    def bench_on(stack: Stack) -> Bench:
        return Bench(stack, asked.data, report, asked.rounds, asked.seconds)

    if not is_usable(asked.folder):
        report.say(f"{asked.folder} was made by migrations that changed since: making it anew")
        shutil.rmtree(asked.folder)
    report.say(f"starting a platform on {asked.folder}")
    with running_stack(asked.folder) as stack:
        if not fits(asked.folder, archives):
            report.say("importing the law; the next run finds it there")
            stack.import_law(*archives)
        settle(stack, report.say)
        note_held(asked.folder, archives)
        bench = bench_on(stack)
        if _GROWTH in asked.parts:
            bench.reference()  # from which its questions are drawn
        for name in asked.parts or PARTS:
            if name in PARTS:
                PARTS[name](bench)
    if _GROWTH in asked.parts:
        growth.measure(asked.folder, report, bench_on, asked.most)


def _require(archives: Sequence[Path]) -> None:
    for archive in archives:
        if not archive.is_file():
            raise CannotMeasure(f"{archive} is absent: name the folder of law with --data or OPENPOLICY_DATA")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        choices=[*PARTS, _GROWTH, _LOGINS, []],
        help=f"of {', '.join(PARTS)}, {_LOGINS}, and {_GROWTH}, which takes an hour",
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder with canada_federal/ and search_eval/")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="where the platform's data lie")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison; medians are printed")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--most", type=int, default=growth.FACTORS[-1], help="how many times the law growth ends at")
    parser.add_argument("--report-only", action="store_true", help="exit 0 also when a promise is broken")
    return parser.parse_args()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
