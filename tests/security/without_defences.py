"""Shows that the tests of threats can fail: takes out one defence at a time, and runs the test that must then fail.

    python -m tests.security.without_defences [NAME ...]

Each runs in a process of its own with a platform of its own. Prints threat, defence and outcome; exits 1 unless every
test failed as it should, and passes with everything in place.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.security.defences import DEFENCES, VARIABLE, Defence

ROOT = Path(__file__).parents[2]
_FAILED = 1  # pytest's exit code when tests ran and some failed; others mean that they could not run
_SUMMARY = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s", re.MULTILINE)


def run(tests: Sequence[str], without: str) -> tuple[int, str]:
    """pytest's exit code, and its last line."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if without:
        environment[VARIABLE] = without
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/security/{test}" for test in tests)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = _SUMMARY.findall(done.stdout)
    return done.returncode, found[-1] if found else done.stdout[-500:] + done.stderr[-500:]


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [defence.name for defence in DEFENCES]
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*names, []], help=", ".join(names))
    asked = parser.parse_args().names
    chosen = [defence for defence in DEFENCES if not asked or defence.name in asked]
    code, summary = run([defence.test for defence in chosen], "")
    sys.stdout.write(f"with every defence in place: {summary}\n")
    all_well = code == 0
    for defence in chosen:
        failed = _try(defence)
        all_well = all_well and failed
    return 0 if all_well else 1


def _try(defence: Defence) -> bool:
    code, summary = run([defence.test], defence.name)
    failed = code == _FAILED and "failed" in summary
    outcome = "the test failed as it should" if failed else "THE TEST DID NOT FAIL"
    sys.stdout.write(
        f"\nthreat:   {defence.threat}\nremoved:  {defence.removed}\ntest:     {defence.test}\n"
        f"outcome:  {outcome} ({summary})\n"
    )
    sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
