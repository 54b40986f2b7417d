"""A PostgreSQL and a Valkey of one's own, for programs that measure."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

from infra.db.addresses import DatabaseUrls
from infra.local.launch import running
from infra.local.postgres import PostgresServer
from infra.local.valkey import ValkeyServer
from tests.conftest import Databases, free_port


@contextlib.contextmanager
def database_and_redis(folder: Path) -> Iterator[tuple[DatabaseUrls, str]]:
    """A migrated database and the address of an empty Valkey, which end with the context."""
    postgres = PostgresServer.locate(folder / "postgres", free_port(), "owner-password", "throwaway")
    valkey = ValkeyServer.locate(folder / "valkey", free_port(), "valkey-password")
    with (
        running(postgres, folder / "postgres.log", stop_signal=signal.SIGINT, identity=postgres.identity),
        running(valkey, folder / "valkey.log"),
    ):
        databases = Databases(postgres)
        try:
            yield databases.create(), valkey.url()
        finally:
            databases.close()
