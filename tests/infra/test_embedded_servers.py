"""PostgreSQL and Valkey as this machine can run them: as ourselves, and as somebody else when we are root."""

from __future__ import annotations

import os
import signal
import socket
import stat
from pathlib import Path

import psycopg
import pytest
import redis

from infra.local import postgres
from infra.local.binaries import find_postgres, find_valkey
from infra.local.identity import Identity
from infra.local.launch import running
from infra.local.postgres import PostgresFailed, PostgresServer
from infra.local.valkey import ValkeyServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_wheels_serve_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_postgres().source == "wheel"
    assert find_valkey().source == "wheel"


def test_postgres_speaks_utf8_in_a_locale_independent_of_the_machine(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.owner_url("postgres")) as connection:
        query = "SELECT datcollate, datlocprovider, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s"
        row = connection.execute(query, ["postgres"]).fetchone()
        assert row is not None
        assert row[2] == "UTF8"
        assert connection.execute("SELECT lower('ÉLÈVE'), upper('straße') <> ''").fetchone() == ("élève", True)
        assert connection.execute("SHOW jit").fetchone() == ("off",)
        assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)


def test_postgres_refuses_a_wrong_password(postgres_server: PostgresServer) -> None:
    address = f"postgresql://openpolicy:wrong@127.0.0.1:{postgres_server.port}/postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_without_namespaces_runs_postgres_as_nobody(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "postgres_identity", lambda: Identity(user="nobody"))
    server = PostgresServer.locate(server_folder / "as-nobody", free_port(), "secret", "throwaway")
    log = server_folder / "as-nobody.log"
    with running(server, log, identity=server.identity, stop_signal=signal.SIGINT) as process:
        assert os.stat(f"/proc/{process.pid}").st_uid != 0
        with psycopg.connect(server.owner_url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_closed_to_nobody_is_named(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = server_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "postgres_identity", lambda: Identity(user="nobody"))
    server = PostgresServer.locate(closed / "postgres", free_port(), "secret", "throwaway")
    with pytest.raises(PostgresFailed, match="closed to others"):
        server.prepare()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_data_of_another_major_version_is_refused(server_folder: Path) -> None:
    server = PostgresServer.locate(server_folder / "older", free_port(), "secret", "throwaway")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresFailed, match="written by PostgreSQL 9"):
        server.prepare()


def test_valkey_asks_for_the_password_and_keeps_what_does_not_expire(valkey_server: ValkeyServer) -> None:
    assert stat.S_IMODE(valkey_server.configuration_file.stat().st_mode) == 0o600
    with redis.Redis(port=valkey_server.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis.from_url(valkey_server.url(), decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
        assert client.config_get("appendonly") == {"appendonly": "no"}


def test_valkey_keeps_its_keys_over_a_restart(server_folder: Path) -> None:
    server = ValkeyServer.locate(server_folder / "kept", free_port(), "secret")
    log = server_folder / "kept.log"
    with running(server, log), redis.Redis.from_url(server.url(), decode_responses=True) as client:
        client.set("revoked:sid:1", "1")
    with running(server, log), redis.Redis.from_url(server.url(), decode_responses=True) as client:
        assert client.get("revoked:sid:1") == "1"
