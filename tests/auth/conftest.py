"""Fixtures of the auth tests."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from tests.auth.auth_service import Auth, auth_settings
from tests.serving import running


@contextlib.asynccontextmanager
async def running_auth(database: DatabaseUrls, redis_url: str, **changes: Any) -> AsyncIterator[Auth]:
    """A service with these settings."""
    redis = Redis.from_url(redis_url)
    app = create_app(auth_settings(database, redis_url, **changes))
    async with running(app) as base, aiohttp.ClientSession() as session:
        yield Auth(base, session, database, redis, app)
    await redis.aclose()


@pytest.fixture
async def auth(clean_database: DatabaseUrls, redis_url: str) -> AsyncIterator[Auth]:
    """A service with an empty database of its own."""
    async with running_auth(clean_database, redis_url) as service:
        yield service


@pytest.fixture
def address() -> str:
    """An address nobody has."""
    return f"{secrets.token_hex(6)}@example.org"
