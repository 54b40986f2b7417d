"""`openpolicy import`: the policy service's import program against the running stack's database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from infra.local.plan import INSTALLATION, Plan, inherited, told_name
from infra.local.secrets import SecretStore
from infra.local.settings import LocalSettings
from infra.local.state import StackFolder


class StackNotRunning(Exception):
    """There is no database to import into."""


def run_import(settings: LocalSettings, importer: str, source: Path, arguments: tuple[str, ...]) -> int:
    """Runs the import in the foreground; its progress bar has the terminal. Returns its exit code.

    Raises:
        StackNotRunning: neither the stack runs nor is DATABASE_URL set, or the database was never prepared.
    """
    environment = policy_environment(settings)
    command = [sys.executable, "-m", "services.policy", "import", importer, str(source), *arguments]
    # Ctrl-C reaches the program itself, which stops cleanly; we wait for it instead of dying first.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Our own program; its arguments are the user's, and pass through no shell.
    child = subprocess.Popen(command, cwd=INSTALLATION, env=environment, preexec_fn=_default_interrupt)  # noqa: S603
    # TERM is sent to us alone, so it is handed on.
    before_term = signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, before_term)


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an ignored signal would stay ignored in the child


def policy_environment(settings: LocalSettings) -> dict[str, str]:
    """The environment of a program of the policy service; see `service_environment`."""
    return service_environment(settings, "policy")


def service_environment(settings: LocalSettings, service: str) -> dict[str, str]:
    """The environment of a program of auth or policy, on the running stack or the database DATABASE_URL names.

    Raises:
        StackNotRunning: there is neither.
    """
    folder = StackFolder(settings.folder)
    secrets = SecretStore(settings.folder / "secrets")
    state = folder.read()
    if state is not None and folder.is_held():
        told = secrets.read_if_there(told_name(service))
        if state.phase != "ready" or told is None:
            raise StackNotRunning(f"openpolicy on {settings.folder} is {state.phase}; wait until it is ready")
        # As the running service was told it, whatever this shell has set.
        ours: dict[str, str] = json.loads(told)
    elif settings.database_url is None:
        raise StackNotRunning(
            f"openpolicy is not running on {settings.folder}. Start it with `openpolicy up` in another terminal, "
            "or set DATABASE_URL to the database to work on."
        )
    elif secrets.missing():
        raise StackNotRunning(
            f"{secrets.folder} lacks {', '.join(secrets.missing())}; run `openpolicy up` once with this DATABASE_URL, "
            "which prepares the database"
        )
    else:
        ours = Plan.make(settings, secrets).told(service)
    theirs = inherited()
    return theirs | ours | {"LOG_LEVEL": theirs.get("LOG_LEVEL", "warning")}  # a progress bar and chatter do not mix
