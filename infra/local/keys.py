"""`openpolicy keys`: the auth service's program for signing keys, against the running stack's database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from infra.local.importing import service_environment
from infra.local.plan import INSTALLATION
from infra.local.settings import LocalSettings


def run_keys(settings: LocalSettings, arguments: Sequence[str]) -> int:
    """Runs `python -m services.auth keys ARGUMENTS`; its exit code.

    Raises:
        StackNotRunning: neither the stack runs nor is DATABASE_URL set, or the database was never prepared.
    """
    command = [sys.executable, "-m", "services.auth", "keys", *arguments]
    environment = service_environment(settings, "auth")
    # Our own program; its arguments are the user's, and pass through no shell.
    return subprocess.run(command, cwd=INSTALLATION, env=environment, check=False).returncode  # noqa: S603
