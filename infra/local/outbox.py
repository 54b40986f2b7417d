"""`openpolicy outbox`: the auth service's program that shows letters, against the running stack's database."""

from __future__ import annotations

import subprocess
import sys

from infra.local.importing import service_environment
from infra.local.plan import INSTALLATION
from infra.local.settings import LocalSettings


def run_outbox(settings: LocalSettings) -> int:
    """Runs `python -m services.auth outbox`; its exit code.

    Raises:
        StackNotRunning: neither the stack runs nor is DATABASE_URL set, or the database was never prepared.
    """
    command = [sys.executable, "-m", "services.auth", "outbox"]
    environment = service_environment(settings, "auth")
    return subprocess.run(command, cwd=INSTALLATION, env=environment, check=False).returncode  # noqa: S603 - our own
