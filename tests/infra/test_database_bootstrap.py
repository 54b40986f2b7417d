"""The database as the services find it: migrated, and each role confined to its own schema."""

from __future__ import annotations

import threading

import psycopg
import pytest
from psycopg import errors

from infra.db.addresses import DatabaseUrls
from infra.db.bootstrap import bootstrap_blocking
from infra.db.migrations import migration_files, pending_migrations
from infra.local.postgres import PostgresServer


def test_every_migration_is_applied_and_a_second_run_changes_nothing(clean_database: DatabaseUrls) -> None:
    assert list(migration_files())
    assert pending_migrations(clean_database.owner_url) == []
    assert bootstrap_blocking(clean_database.owner_url, "auth-test-password", "policy-test-password") == []


def test_a_role_works_in_its_schema_and_cannot_enter_the_other(clean_database: DatabaseUrls) -> None:
    with psycopg.connect(clean_database.policy_url, autocommit=True) as policy:
        policy.execute("INSERT INTO jurisdiction (id) VALUES ('xx')")
        assert policy.execute("SELECT similarity('law', 'laws') > 0, unaccent('é')").fetchone() == (True, "e")
        with pytest.raises(errors.InsufficientPrivilege):
            policy.execute("CREATE TABLE mine (id int)")
        with pytest.raises(errors.InsufficientPrivilege):
            policy.execute("SELECT * FROM policy._yoyo_migration")
        with pytest.raises(errors.InsufficientPrivilege):
            policy.execute("CREATE TABLE public.mine (id int)")
    with psycopg.connect(clean_database.auth_url, autocommit=True) as auth:
        with pytest.raises(errors.InsufficientPrivilege, match="schema policy"):
            auth.execute("SELECT * FROM policy.jurisdiction")
        with pytest.raises(errors.UndefinedTable):
            auth.execute("SELECT * FROM jurisdiction")


def test_a_right_taken_away_by_a_migration_stays_away(clean_database: DatabaseUrls) -> None:
    with psycopg.connect(clean_database.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE auth.ledger (id int)")
        owner.execute("REVOKE UPDATE, DELETE ON auth.ledger FROM openpolicy_auth")
    bootstrap_blocking(clean_database.owner_url, "auth-test-password", "policy-test-password")
    with psycopg.connect(clean_database.auth_url, autocommit=True) as auth:
        auth.execute("INSERT INTO ledger VALUES (1)")
        with pytest.raises(errors.InsufficientPrivilege):
            auth.execute("DELETE FROM ledger")


def test_runs_at_the_same_time_over_several_databases_do_not_collide(postgres_server: PostgresServer) -> None:
    names = ["together_a", "together_b"]
    with psycopg.connect(postgres_server.owner_url("postgres"), autocommit=True) as admin:
        for name in names:
            admin.execute(f'CREATE DATABASE "{name}"'.encode())
        failures: list[BaseException] = []
        applied: list[list[str]] = []

        def run(name: str) -> None:
            try:
                applied.append(
                    bootstrap_blocking(postgres_server.owner_url(name), "auth-test-password", "policy-test-password")
                )
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(name,)) for name in names * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        # Each database was migrated once, by whichever of its two runs came first.
        assert sorted(map(bool, applied)) == [False, False, True, True]
        for name in names:
            assert pending_migrations(postgres_server.owner_url(name)) == []
            admin.execute(f'DROP DATABASE "{name}"'.encode())
