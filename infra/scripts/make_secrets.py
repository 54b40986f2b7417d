"""Writes the secrets that docker compose mounts, one file each, where they do not exist yet.

Usage: python3 infra/scripts/make_secrets.py FOLDER. Needs only the standard library.
"""

import os
import secrets
import sys
from pathlib import Path

NAMES = (
    "internal_key",
    "password_pepper",
    "key_encryption_key",
    "cursor_key",
    "postgres_password",
    "auth_db_password",
    "policy_db_password",
    "redis_password",
)


def main(folder: Path) -> None:
    """Make what is missing; never overwrite, since the pepper and the database passwords must stay what they are."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    made = []
    for name in NAMES:
        path = folder / name
        if path.exists():
            continue
        # Containers read these as another user id, so the file is readable and the folder's owner guards it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        made.append(name)
    sys.stdout.write(f"secrets in {folder}: {len(made)} made, {len(NAMES) - len(made)} kept\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
