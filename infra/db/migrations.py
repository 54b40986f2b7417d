"""Runs every service's migrations with yoyo: plain SQL files, in the service's own schema, as the owner."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri

SERVICES_FOLDER = Path(__file__).parents[2] / "services"
MIGRATION_TABLE = "_yoyo_migration"
SERVICES = ("auth", "policy")  # each has a schema of its name


class MigrationFailed(Exception):
    """A migration could not be applied; the message names its file and what PostgreSQL said."""


class _QuietCursor(psycopg.Cursor[Any]):
    """Hides that a statement gave rows: yoyo prints them, and a migration that calls a function gives some."""

    description = None


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo publishes no types
    """yoyo on psycopg 3, with some of its habits mended."""

    # Trying to create it anew each time would leave an error in the server's log.
    create_lock_table_sql = PostgresqlPsycopgBackend.create_lock_table_sql.replace(
        "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1
    )

    def init_connection(self, connection: psycopg.Connection) -> None:
        # Ours is two schemas: the service's own, then the one of the extensions.
        names = sql.SQL(", ").join(map(sql.Identifier, self.schema.split(",")))
        connection.execute(sql.SQL("SET search_path TO {}").format(names))
        # An owner who is no superuser is held by row level security, too; migrations see every row.
        connection.execute("SET openpolicy.permissions TO 'system'")

    def cursor(self) -> psycopg.Cursor[Any]:
        return _QuietCursor(self.connection)

    def _check_transactional_ddl(self) -> bool:
        return True  # PostgreSQL has it; finding out leaves errors in the server's log

    def copy(self) -> Any:
        # yoyo runs a migration on a connection of its own, so that a kill could leave it applied but not in the ledger.
        return nullcontext(self)

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        # The original resolves this machine's name, which can hang, and fails where the user has none.
        entry: dict[str, Any] = {"operation": operation, "username": "", "hostname": "", "id": str(uuid.uuid1())}
        entry["created_at_utc"] = datetime.now(UTC).replace(tzinfo=None)
        entry["migration_id"] = migration.id if migration else None
        entry["migration_hash"] = migration.hash if migration else None
        return entry


def migrations_folder(service: str) -> Path:
    return SERVICES_FOLDER / service / "migrations"


def migration_files() -> Iterator[tuple[str, Path]]:
    """(service, file) of every migration, in the order they run."""
    for service in SERVICES:
        for path in sorted(migrations_folder(service).glob("*.sql")):
            if not path.name.endswith(".rollback.sql"):
                yield service, path


def apply_migrations(owner_url: str, service: str) -> list[str]:
    """Applies what `service` has and the database lacks; returns the names applied.

    The caller holds the lock that keeps two runs apart.

    Raises:
        MigrationFailed: a migration was refused; those before it stand, of itself nothing does.
    """
    with _backend(owner_url, service) as backend:
        # yoyo's own lock is a row that a killed run leaves behind for ever; ours is the caller's advisory lock.
        backend.break_lock()
        pending = backend.to_apply(read_migrations(str(migrations_folder(service))))
        applied = []
        for migration in pending:
            # One by one: yoyo's own loop skips a migration it cannot read, and goes on.
            try:
                if migration.use_transactions:
                    with backend.transaction():
                        backend.apply_one(migration)
                else:
                    backend.apply_one(migration)
            except Exception as error:  # whatever yoyo or the driver raises, the file's name belongs to it
                raise MigrationFailed(f"{migration.path}: {error}") from error
            applied.append(f"{service}/{migration.id}")
        return applied


def pending_migrations(owner_url: str) -> list[str]:
    """The migrations the database lacks, as `service/name`. Reads only; on an empty database that is all of them."""
    missing = []
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=5) as connection:
        for service in SERVICES:
            table = sql.Identifier(service, MIGRATION_TABLE)
            known = connection.execute("SELECT to_regclass(%s)", [f"{service}.{MIGRATION_TABLE}"]).fetchone()
            applied: set[str] = set()
            if known is not None and known[0] is not None:
                query = sql.SQL("SELECT migration_id FROM {}").format(table)
                applied = {row[0] for row in connection.execute(query)}
            files = (path.stem for owner, path in migration_files() if owner == service)
            missing += [f"{service}/{name}" for name in files if name not in applied]
    return missing


@contextmanager
def _backend(owner_url: str, service: str) -> Iterator[Any]:
    uri = parse_uri(owner_url)
    backend = _Backend(uri._replace(args={**uri.args, "schema": f"{service},extensions"}), MIGRATION_TABLE)
    try:
        backend.init_database()
        yield backend
    finally:
        backend.connection.close()
