"""`python -m infra.db`: prepares the database that OWNER_DATABASE_URL names.

Reads OWNER_DATABASE_URL, AUTH_DB_PASSWORD and POLICY_DB_PASSWORD, each also from the file that NAME_FILE names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg

from infra.db.bootstrap import bootstrap_blocking
from infra.db.migrations import MigrationFailed


def _setting(name: str) -> str:
    file = os.environ.get(f"{name}_FILE")
    value = Path(file).read_text().strip() if file else os.environ.get(name, "")
    if not value:
        raise SystemExit(f"openpolicy database: set {name}, or {name}_FILE to a file that holds it")
    return value


def main() -> int:
    """Returns the exit code: 0 ready, 1 failed (said on stderr)."""
    settings = [_setting(name) for name in ("OWNER_DATABASE_URL", "AUTH_DB_PASSWORD", "POLICY_DB_PASSWORD")]
    try:
        applied = bootstrap_blocking(*settings)
    except (psycopg.Error, MigrationFailed) as error:
        sys.stderr.write(f"openpolicy database: {error}\n")
        return 1
    for name in applied:
        sys.stdout.write(f"applied {name}\n")
    sys.stdout.write("database ready\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
