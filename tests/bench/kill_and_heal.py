"""Kills each process of a running embedded stack once, and prints when `/health` showed it and when all was well again.

Usage: python -m tests.bench.kill_and_heal [VAR [ADDRESS]]      (default: var http://localhost:8080)
Ends by itself; the supervisor heals what it killed.
"""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

_NAMES = ("auth", "policy", "web", "gateway", "postgres", "valkey")
_PATIENCE = 10.0
_READS = ("/api/v1/search?q=noise&lang=en", "/ca-port-lumen/by-law/2019-12/en@2023-01-01")


def _ask(address: str) -> tuple[int, str]:
    """Status code, 0 when nobody answers, and the body."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - the stack's own address
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def _pid(var: Path, name: str) -> int:
    processes = json.loads((var / "state.json").read_text())["processes"]
    known = processes if isinstance(processes, dict) else {p["name"]: p for p in processes}
    return int(known[name]["pid"])


def kill(var: Path, base: str, name: str) -> str:
    """Kill one process; returns a line that says what was seen."""
    os.kill(_pid(var, name), signal.SIGKILL)
    started, shown = time.monotonic(), ""
    reads: Counter[int] = Counter()
    while (waited := time.monotonic() - started) < _PATIENCE:
        code, body = _ask(f"{base}/health")
        status = json.loads(body)["status"] if body else "refused"
        if not shown and status != "pass":
            shown = f"{status} ({code}) after {waited:.1f} s"
        if shown and status == "pass":
            return f"{name}: shown as {shown}, healed after {waited:.1f} s; reads meanwhile {dict(reads)}"
        reads.update(_ask(base + path)[0] for path in _READS)
        time.sleep(0.05)
    return f"{name}: {'not healed within' if shown else 'never shown within'} {_PATIENCE:g} s; reads {dict(reads)}"


def main(var: Path, base: str) -> None:
    """Each process in turn, with a pause in between."""
    for name in _NAMES:
        sys.stdout.write(kill(var, base, name) + "\n")
        sys.stdout.flush()
        time.sleep(3)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(Path(arguments[0] if arguments else "var"), arguments[1] if len(arguments) > 1 else "http://localhost:8080")
