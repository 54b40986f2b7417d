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

# Addresses that carry one of those passwords, as the services in docker-compose.yml read them.
DERIVED = {
    "redis_url": ("redis_password", "redis://:{}@valkey:6379/0"),
    "owner_database_url": ("postgres_password", "postgresql://openpolicy_owner:{}@postgres:5432/openpolicy"),
    "auth_database_url": ("auth_db_password", "postgresql://openpolicy_auth:{}@postgres:5432/openpolicy"),
    "policy_database_url": ("policy_db_password", "postgresql://openpolicy_policy:{}@postgres:5432/openpolicy"),
}


def main(folder: Path) -> None:
    """Make what is missing; never overwrite, since the pepper and the database passwords must stay what they are."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    made = [name for name in NAMES if _write_new(folder / name, secrets.token_hex(32))]
    for name, (password, address) in DERIVED.items():
        if _write_new(folder / name, address.format((folder / password).read_text(encoding="utf-8").strip())):
            made.append(name)
    total = len(NAMES) + len(DERIVED)
    sys.stdout.write(f"secrets in {folder}: {len(made)} made, {total - len(made)} kept\n")


def _write_new(path: Path, value: str) -> bool:
    # Containers read these as another user id, so the file is readable and the folder's owner guards it.
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
