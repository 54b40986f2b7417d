"""The secrets of the embedded stack: generated once, one file each, readable by us alone."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

# The services' own secrets; each is handed over as NAME_FILE.
SERVICE_SECRETS = ("internal_key", "password_pepper", "key_encryption_key", "cursor_key")
SERVER_SECRETS = ("postgres_owner_password", "postgres_auth_password", "postgres_policy_password", "valkey_password")

_IRREPLACEABLE = ("postgres_owner_password", "password_pepper", "key_encryption_key")


def previous_of(name: str) -> str:
    """The file of what is accepted besides the secret `name` while that is being changed; empty otherwise."""
    return f"{name}_previous"


class SecretLost(Exception):
    """A secret that existing data was made with is gone; a new one would not open it."""


class SecretStore:
    """Files below one folder of mode 0700, each of mode 0600 with 64 hexadecimal digits (32 random bytes)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def read(self, name: str) -> str:
        return self.path(name).read_text().strip()

    def read_if_there(self, name: str) -> str | None:
        return self.read(name) if self.path(name).exists() else None

    def ensure(self, *, data_exists: bool) -> None:
        """Generates what is missing and closes what is open to others.

        Raises:
            SecretLost: data exists, and a secret it was made with does not.
        """
        lost = [name for name in self.missing() if name in _IRREPLACEABLE]
        if data_exists and lost:
            raise SecretLost(
                f"{self.folder} lacks {', '.join(lost)}, and the existing data cannot be opened with a new one. "
                "Put the file back from a backup, or move the whole data folder away to begin anew."
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        for name in SERVICE_SECRETS + SERVER_SECRETS:
            if self.path(name).exists():
                self.path(name).chmod(0o600)
            else:
                self.write(name, secrets.token_hex(32))
        for name in map(previous_of, SERVICE_SECRETS):
            if not self.path(name).exists():
                self.write(name, "")

    def write(self, name: str, text: str) -> None:
        """Replaces one file in one step, so that a crash leaves either the old or the new."""
        fresh = self.path(f".{name}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path(name))

    def missing(self) -> list[str]:
        return [name for name in SERVICE_SECRETS + SERVER_SECRETS if not self.path(name).exists()]

    def too_open(self) -> list[str]:
        """Names whose permissions let others in; "." for the folder itself."""
        if not self.folder.is_dir():
            return []
        others = stat.S_IRWXG | stat.S_IRWXO
        names = ["."] if self.folder.stat().st_mode & others else []
        return names + [path.name for path in sorted(self.folder.iterdir()) if path.stat().st_mode & others]
