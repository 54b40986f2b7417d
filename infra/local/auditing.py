"""`openpolicy audit`: the services' audit programs against the running stack's database, one after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from infra.db.addresses import role_of
from infra.local.importing import policy_environment
from infra.local.plan import INSTALLATION
from infra.local.secrets import SecretStore
from infra.local.settings import LocalSettings
from shared.trail.chain import Broken, verify_export

TRAILS = ("auth", "policy")


def run_audit(settings: LocalSettings, trails: Sequence[str], arguments: Sequence[str]) -> int:
    """Runs `python -m services.TRAIL audit ARGUMENTS` for each of `trails`; the highest of their exit codes.

    Raises:
        StackNotRunning: neither the stack runs nor is DATABASE_URL set, or the database was never prepared.
    """
    environment = policy_environment(settings)
    addresses = {"policy": environment["DATABASE_URL"], "auth": _auth_address(settings, environment["DATABASE_URL"])}
    codes = []
    for trail in trails:
        command = [sys.executable, "-m", f"services.{trail}", "audit", *arguments]
        # Our own program; its arguments are the user's, and pass through no shell.
        done = subprocess.run(  # noqa: S603
            command, cwd=INSTALLATION, env=environment | {"DATABASE_URL": addresses[trail]}, check=False
        )
        codes.append(done.returncode)
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


def _auth_address(settings: LocalSettings, policy_address: str) -> str:
    password = SecretStore(settings.folder / "secrets").read("postgres_auth_password")
    parts = urlsplit(policy_address)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role_of('auth')}:{quote(password, safe='')}@{place}").geturl()
