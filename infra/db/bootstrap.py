"""Makes an empty or older database ready for the services. Running it again changes nothing."""

from __future__ import annotations

import asyncio

import psycopg

from infra.db.addresses import role_of
from infra.db.migrations import SERVICES, apply_migrations
from infra.db.roles import apply_database_settings, ensure_role, ensure_schemas, hide_migration_tables

# Any constant number does; it is the same for every run against one database.
LOCK_KEY = 0x6F70656E706F6C69


async def bootstrap(owner_url: str, auth_password: str, policy_password: str) -> list[str]:
    """Creates roles, schemas, extensions and grants, and runs every service's migrations.

    Two runs at once wait for each other. Returns the migrations applied, as `service/name`.

    Raises:
        psycopg.Error: the server is away, or the owner lacks a right.
        MigrationFailed: a migration was refused.
    """
    return await asyncio.to_thread(bootstrap_blocking, owner_url, auth_password, policy_password)


def bootstrap_blocking(owner_url: str, auth_password: str, policy_password: str) -> list[str]:
    """The same for callers without an event loop."""
    passwords = {"auth": auth_password, "policy": policy_password}
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        for service in SERVICES:
            ensure_role(connection, role_of(service), passwords[service])
        ensure_schemas(connection)
        apply_database_settings(connection)
        applied = [name for service in SERVICES for name in apply_migrations(owner_url, service)]
        hide_migration_tables(connection)
        return applied
