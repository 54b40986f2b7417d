"""The PostgreSQL pool of one service, as its own role in its own schema."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.deadline import current_deadline
from shared.errors import Unavailable
from shared.health import Dependency
from shared.log import get_logger

if TYPE_CHECKING:
    Connection = PoolConnectionProxy[asyncpg.Record]
else:  # generic for the type checker only
    Connection = PoolConnectionProxy
"""What repositories take."""

BUDGET_MS = 50.0
_UNLIMITED = contextlib.nullcontext()
_log = get_logger(__name__)
DATABASE_FAILED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a statement may raise. A server that ends an idle session leaves asyncpg in a state of which its next call says
no more than InternalClientError."""
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


def _without_traceback(record: logging.LogRecord) -> bool:
    """The pool tells of each failure to connect again with a traceback, which says no more than its last line."""
    if record.exc_info and isinstance(record.exc_info[1], _AWAY):
        record.msg, record.args = "%s: %s", (record.getMessage(), type(record.exc_info[1]).__name__)
        record.exc_info = None
    return True


logging.getLogger("asyncpg.pool").addFilter(_without_traceback)


class Database:
    """Hands out connections; turns loss of the server into `Unavailable` (503), never into a hang or a 500."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, acquire_seconds: float) -> None:
        self.pool = pool
        self._acquire_seconds = acquire_seconds

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A pooled connection without a transaction: for single statements. What runs on it when the request's deadline
        is over is cancelled, in the server as well."""
        deadline = current_deadline()
        limit = asyncio.timeout_at(deadline) if deadline else None
        try:
            async with limit or _UNLIMITED, self.pool.acquire(timeout=self._acquire_seconds) as connection:
                yield connection
        except asyncpg.QueryCanceledError as error:
            raise Unavailable("The question took too long to answer.", retry_after=5) from error
        except _AWAY as error:
            if limit is not None and limit.expired():
                raise Unavailable("The question took too long to answer.", retry_after=5) from error
            _log.warning("database_away", error=type(error).__name__)
            raise Unavailable("The database cannot be reached.", retry_after=2) from error

    @contextlib.asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Connection]:
        """A pooled connection inside one transaction; read-only ones see one consistent snapshot."""
        isolation: Literal["repeatable_read", "read_committed"] = "repeatable_read" if readonly else "read_committed"
        async with self.connection() as connection, connection.transaction(isolation=isolation, readonly=readonly):
            yield connection

    def dependency(self) -> Dependency:
        """The database as a health check."""

        async def probe() -> None:
            async with self.pool.acquire(timeout=1.5) as connection:
                await connection.fetchval("SELECT 1")

        return Dependency("postgresql", "datastore", probe, BUDGET_MS)


@contextlib.asynccontextmanager
async def open_database(
    dsn: str,
    *,
    service: str,
    min_size: int = 2,
    max_size: int = 10,
    statement_seconds: float = 10.0,
    acquire_seconds: float = 2.0,
    server_settings: Mapping[str, str] | None = None,
    wait_seconds: float = 30.0,
    keeps_state: bool = True,
    previous_dsn: str = "",
) -> AsyncIterator[Database]:
    """Open the pool, waiting up to `wait_seconds` for the server, and close it at the end.

    `statement_seconds` is PostgreSQL's own statement_timeout: a runaway query is ended by the server. Give
    `keeps_state=False` when no statement leaves anything in its session (settings, locks, cursors): connections then
    go back to the pool without the round trip that clears it. `previous_dsn` is tried where the server refuses the
    password of `dsn`, so that it can be changed while services run.
    """
    settings = {
        "application_name": f"openpolicy-{service}",
        "jit": "off",
        "statement_timeout": str(int(statement_seconds * 1000)),
        "idle_in_transaction_session_timeout": "30000",
        **(server_settings or {}),
    }
    reset = None if keeps_state else _nothing_to_clear
    pool = await _connect(dsn, previous_dsn, settings, min_size, max_size, statement_seconds, wait_seconds, reset)
    try:
        yield Database(pool, acquire_seconds=acquire_seconds)
    finally:
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except (TimeoutError, *_AWAY):
            pool.terminate()


async def _connect(
    dsn: str,
    previous_dsn: str,
    settings: dict[str, str],
    min_size: int,
    max_size: int,
    statement_seconds: float,
    wait_seconds: float,
    reset: Callable[[Any], Awaitable[None]] | None,
) -> "asyncpg.Pool[asyncpg.Record]":
    deadline = asyncio.get_running_loop().time() + wait_seconds
    while True:
        try:
            return await asyncpg.create_pool(
                dsn,
                min_size=min_size,
                max_size=max_size,
                command_timeout=statement_seconds + 2,
                max_inactive_connection_lifetime=300,
                server_settings=settings,
                init=_prepare,
                reset=reset,
                connect=_trying(previous_dsn) if previous_dsn else None,
                timeout=5,
            )
        except _AWAY as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            _log.info("waiting_for_database", error=type(error).__name__)
            await asyncio.sleep(0.25)


def _trying(previous_dsn: str) -> Any:
    async def connect(dsn: str, **given: Any) -> Any:
        try:
            return await asyncpg.connect(dsn, **given)
        except asyncpg.InvalidAuthorizationSpecificationError:  # among these a wrong password
            return await asyncpg.connect(previous_dsn, **given)

    return connect


async def _nothing_to_clear(_: Any) -> None:
    return


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
