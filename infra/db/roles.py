"""Roles, schemas, extensions and grants: one role and one schema per service, and none sees the other's."""

from __future__ import annotations

import time

import psycopg
from psycopg import errors, sql

from infra.db.addresses import role_of
from infra.db.migrations import SERVICES

EXTENSIONS = ("pg_trgm", "unaccent")
EXTENSIONS_SCHEMA = "extensions"
_OLDEST_WITH_MAINTAIN = 170000
_ROLE_ATTEMPTS = 10


def ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    """Creates the login role or gives it this password.

    Roles belong to the whole cluster, so that another database's bootstrap may do the same at this moment; a lock
    would not help, since advisory locks belong to one database. The loser of such a race tries again.
    """
    # Hashed here, so that the password itself never reaches the server's log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    for attempt in range(_ROLE_ATTEMPTS):
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = sql.SQL("ALTER" if exists else "CREATE")
        statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, sql.Identifier(role), verifier)
        try:
            connection.execute(statement)
        except (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_):
            if attempt == _ROLE_ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))
        else:
            return


def ensure_schemas(connection: psycopg.Connection) -> None:
    """Schemas and extensions, and what each role may do in tables that migrations will create.

    The grants are defaults for new tables only: a migration that takes a right away (append-only tables) is final.
    """
    run = connection.execute
    run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(EXTENSIONS_SCHEMA)))
    for extension in EXTENSIONS:
        run(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}").format(
                sql.Identifier(extension), sql.Identifier(EXTENSIONS_SCHEMA)
            )
        )
    if run("SELECT 1 FROM pg_namespace WHERE nspname = 'public'").fetchone():
        run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for service in SERVICES:
        schema, role = sql.Identifier(service), sql.Identifier(role_of(service))
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        run(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(schema))
        for other in SERVICES:
            if other != service:
                run(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, sql.Identifier(role_of(other))))
        run(sql.SQL("GRANT USAGE ON SCHEMA {}, {} TO {}").format(schema, sql.Identifier(EXTENSIONS_SCHEMA), role))
        on_tables = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        if service == "policy":
            # Bulk imports empty staging tables and refresh the planner's statistics.
            on_tables.append("TRUNCATE")
            if connection.info.server_version >= _OLDEST_WITH_MAINTAIN:
                on_tables.append("MAINTAIN")
        for rights, kind in ((", ".join(on_tables), "TABLES"), ("USAGE, SELECT, UPDATE", "SEQUENCES")):
            run(
                sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {} ON {} TO {}").format(
                    schema, sql.SQL(rights), sql.SQL(kind), role
                )
            )


def hide_migration_tables(connection: psycopg.Connection) -> None:
    """Takes the rights on yoyo's own tables back, which the defaults gave: no service may rewrite its history."""
    for service in SERVICES:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename ~ '^_?yoyo'", [service]
        ).fetchall()
        for (name,) in names:
            connection.execute(
                sql.SQL("REVOKE ALL ON {} FROM {}").format(
                    sql.Identifier(service, name), sql.Identifier(role_of(service))
                )
            )


def apply_database_settings(connection: psycopg.Connection) -> None:
    """What belongs to the database rather than to a schema: search paths per role, and compression of long values.

    A database made from a template does not inherit these, so that they are applied to each copy.
    """
    name = sql.Identifier(connection.info.dbname)
    for service in SERVICES:
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}, {}").format(
                sql.Identifier(role_of(service)), name, sql.Identifier(service), sql.Identifier(EXTENSIONS_SCHEMA)
            )
        )
    # lz4 is a build option that some servers lack, so that tables cannot name it.
    row = connection.execute("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'").fetchone()
    if row is not None and "lz4" in row[0]:
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_toast_compression = 'lz4'").format(name))
