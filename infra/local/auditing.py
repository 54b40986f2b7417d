"""`openpolicy audit`: the services' audit programs against the running stack's database, one after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.importing import service_environment
from infra.local.plan import INSTALLATION
from infra.local.settings import LocalSettings
from shared.trail.chain import Broken, verify_export

TRAILS = ("auth", "policy")


def run_audit(settings: LocalSettings, trails: Sequence[str], arguments: Sequence[str]) -> int:
    """Runs `python -m services.TRAIL audit ARGUMENTS` for each of `trails`; the highest of their exit codes.

    Raises:
        StackNotRunning: neither the stack runs nor is DATABASE_URL set, or the database was never prepared.
    """
    codes = []
    for trail in trails:
        command = [sys.executable, "-m", f"services.{trail}", "audit", *arguments]
        environment = service_environment(settings, trail)
        # Our own program; its arguments are the user's, and pass through no shell.
        codes.append(subprocess.run(command, cwd=INSTALLATION, env=environment, check=False).returncode)  # noqa: S603
    return max(codes)


def check_export(path: Path) -> tuple[int, list[str]]:
    """Whether an exported file is whole, without any database: exit code, and what there is to say."""
    try:
        with path.open(encoding="utf-8") as file:
            found = verify_export(file)
    except (Broken, ValueError) as error:
        return 1, [f"BROKEN: {error}"]
    return 0, [f"{begin.trail}: links {begin.position + 1} to {end.position}, whole; {end.hash.hex()}"
               for begin, end in found]  # fmt: skip
