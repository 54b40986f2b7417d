"""Measures the gateway beside other proxies in the same run, and says which promises hold.

    python -m tests.bench.gateway [PART ...] [--times N] [--rounds N] [--only RIVAL ...] [--report-only]

Everything runs on loopback ports: the proxy that is measured on one processor, its client and the upstream on another.
Exits 1 when a promise is broken (unless --report-only), 2 when it cannot measure.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench.gateway import bodies, cached, memory, pace, replicas, routing, small
from tests.bench.gateway.measuring import Bench
from tests.bench.gateway.ours import jwks, valkey
from tests.bench.gateway.programs import Cores, free_port, started
from tests.bench.gateway.rivals import DUTIES, installed, missing
from tests.bench.report import Report
from tests.bench.stack import CannotMeasure

PARTS: dict[str, Callable[[Bench], None]] = {
    "small": small.measure,
    "bodies": bodies.measure,
    "cached": cached.measure,
    "pace": pace.measure,
    "replicas": replicas.measure,
    "routing": routing.measure,
    "memory": memory.measure,
}
"""What is measured, in this order."""


def main() -> int:
    """Run the parts; returns the exit code."""
    asked = _arguments()
    report = Report()
    if missing():
        report.say(f"not installed, and left out: {', '.join(missing())}")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-gateway-") as folder, ExitStack() as running:
            bench = _bench(asked, report, Path(folder), running)
            for name in asked.parts or PARTS:
                PARTS[name](bench)
    except CannotMeasure as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    return 0 if report.summary() or asked.report_only else 1


def _bench(asked: argparse.Namespace, report: Report, folder: Path, running: ExitStack) -> Bench:
    cores = Cores.available()
    os.sched_setaffinity(0, {cores.rest})
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.gateway.upstream", str(port)]
    log = folder / "upstream.log"
    upstream = running.enter_context(
        started("upstream", command, port, core=cores.rest, log=log, environment={"BENCH_JWKS": jwks()})
    )
    store = running.enter_context(valkey(folder, cores))
    rivals = tuple(name for name in installed() if name in (asked.only or DUTIES))
    return Bench(folder, cores, report, upstream, store, rivals, asked.times, asked.rounds, asked.requests, running)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--times", type=int, default=10_000, help="requests of one side in one round (10000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (3)")
    parser.add_argument("--only", nargs="+", choices=DUTIES, help="measure beside these proxies only")
    parser.add_argument("--requests", type=int, default=100_000, help="requests before memory is read again (100000)")
    parser.add_argument("--report-only", action="store_true", help="exit with 0 also when a promise is broken")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return asked


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main())
