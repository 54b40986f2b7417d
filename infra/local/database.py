"""Makes the stack's database ready before the services start, and skips the work when nothing has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from infra.db.addresses import DatabaseUrls
from infra.db.bootstrap import bootstrap_blocking
from infra.db.migrations import pending_migrations
from infra.local.plan import DATABASE, INSTALLATION, Plan

_MARK = "database_fingerprint"  # kept with the secrets, since it is made of them


def prepare_database(plan: Plan) -> list[str]:
    """Creates the database where it is ours, and bootstraps it. Blocking. Returns the migrations applied.

    When the fingerprint of the last run still holds, it only checks that both roles can log in and that no migration
    is missing, which takes a few milliseconds.

    Raises:
        psycopg.Error, MigrationFailed: said in words by the caller.
    """
    current = _fingerprint(plan.database)
    if plan.secrets.read_if_there(_MARK) == current and _is_current(plan.database):
        return []
    if plan.postgres is not None:
        _create(plan.postgres.owner_url("postgres"))
    passwords = [plan.secrets.read(f"postgres_{service}_password") for service in ("auth", "policy")]
    applied = bootstrap_blocking(plan.database.owner_url, *passwords)
    plan.secrets.write(_MARK, current)
    return applied


def _fingerprint(database: DatabaseUrls) -> str:
    """Over all that decides what a bootstrap does: addresses with passwords, migrations, and its own code."""
    digest = hashlib.sha256()
    for url in (database.owner_url, database.auth_url, database.policy_url):
        digest.update(url.encode() + b"\0")
    for path in sorted(_sources()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> list[Path]:
    migrations = INSTALLATION.glob("services/*/migrations/*.sql")
    return [*migrations, *INSTALLATION.glob("infra/db/*.py")]


def _is_current(database: DatabaseUrls) -> bool:
    try:
        for url in (database.auth_url, database.policy_url):
            psycopg.connect(url, connect_timeout=5).close()
        return not pending_migrations(database.owner_url)
    except psycopg.OperationalError:
        return False  # the bootstrap mends it, or fails with the reason


def _create(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
