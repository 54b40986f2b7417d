"""Real servers for every test: one PostgreSQL and one Valkey per session (and per xdist worker), on free ports.

`database` is shared by a session and may hold what other tests left; `clean_database` is new for each test.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.db.addresses import DatabaseUrls, database_urls
from infra.db.bootstrap import bootstrap_blocking
from infra.db.roles import apply_database_settings
from infra.local.launch import ServerFailed, running
from infra.local.postgres import PostgresServer
from infra.local.valkey import ValkeyServer

AUTH_PASSWORD = "auth-test-password"
POLICY_PASSWORD = "policy-test-password"
TEMPLATE = "openpolicy_template"
ATTEMPTS = 3  # a port found free may be taken before the server binds it


class Databases:
    """Makes migrated databases by copying a template that nobody ever connects to."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._admin = psycopg.connect(server.owner_url("postgres"), autocommit=True)
        self._admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        bootstrap_blocking(server.owner_url(TEMPLATE), AUTH_PASSWORD, POLICY_PASSWORD)

    def create(self) -> DatabaseUrls:
        name = f"test_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._admin.execute(statement.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        owner_url = self._server.owner_url(name)
        with psycopg.connect(owner_url, autocommit=True) as connection:
            apply_database_settings(connection)
        return database_urls(owner_url, AUTH_PASSWORD, POLICY_PASSWORD)

    def drop(self, database: DatabaseUrls) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def close(self) -> None:
        self._admin.close()


def free_port() -> int:
    """A port nobody listens on now; somebody may before the caller does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short path of our own: pytest's are too long for a socket, and closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="opp-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    """A running PostgreSQL; `.owner_url(database)` is the administrator's address."""
    for attempt in range(ATTEMPTS):
        server = PostgresServer.locate(server_folder / "postgres", free_port(), "owner-test-password", "throwaway")
        context = running(server, server_folder / "postgres.log", stop_signal=signal.SIGINT, identity=server.identity)
        try:
            context.__enter__()
        except ServerFailed:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        try:
            yield server
        finally:
            context.__exit__(None, None, None)
        return


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Iterator[Databases]:
    """The maker of migrated databases."""
    maker = Databases(postgres_server)
    yield maker
    maker.close()


@pytest.fixture(scope="session")
def database(databases: Databases) -> DatabaseUrls:
    """A migrated database shared by the session; other tests may have left rows in it."""
    return databases.create()


@pytest.fixture
def clean_database(databases: Databases) -> Iterator[DatabaseUrls]:
    """A migrated database of this test alone."""
    made = databases.create()
    yield made
    databases.drop(made)


@pytest.fixture(scope="session")
def valkey_server(server_folder: Path) -> Iterator[ValkeyServer]:
    """A running Valkey."""
    for attempt in range(ATTEMPTS):
        server = ValkeyServer.locate(server_folder / "valkey", free_port(), "valkey-test-password")
        context = running(server, server_folder / "valkey.log")
        try:
            context.__enter__()
        except ServerFailed:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        try:
            yield server
        finally:
            context.__exit__(None, None, None)
        return


@pytest.fixture
def redis_url(valkey_server: ValkeyServer) -> str:
    """The address of an emptied Valkey."""
    with socket.create_connection(("127.0.0.1", valkey_server.port), timeout=5) as connection:
        connection.sendall(f"AUTH {valkey_server.password}\r\nFLUSHALL\r\n".encode())
        answer = b""
        with suppress(TimeoutError):
            while answer.count(b"\r\n") < 2:
                answer += connection.recv(64)
    assert answer == b"+OK\r\n+OK\r\n", answer
    return valkey_server.url()
