"""The Redis (or Valkey) client of one service. Nothing kept there is the only copy of anything."""

import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.health import Dependency

BUDGET_MS = 25.0
AWAY = (RedisError, OSError, TimeoutError)
"""What any call may raise while the server is away."""


@contextlib.asynccontextmanager
async def open_redis(url: str, *, max_connections: int = 50, timeout_seconds: float = 0.25) -> AsyncIterator[Redis]:
    """A client whose calls fail within about `timeout_seconds` when the server is away, and which blocks rather than
    raises when the pool is used up. Opening does not need the server."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 1),  # one more try at once: a pooled connection may have died while idle
        decode_responses=False,
    )
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()


def redis_dependency(client: Redis) -> Dependency:
    """Redis as a health check; its loss is a warning."""

    async def probe() -> None:
        await client.ping()

    return Dependency("redis", "cache", probe, BUDGET_MS, critical=False)
