"""Fixtures of the auth tests."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import aiohttp
import pytest
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from tests.auth.auth_service import Auth, auth_settings
from tests.serving import running


@pytest.fixture
async def auth(clean_database: DatabaseUrls, redis_url: str) -> AsyncIterator[Auth]:
    """A service with an empty database of its own."""
    redis = Redis.from_url(redis_url)
    app = create_app(auth_settings(clean_database, redis_url))
    async with running(app) as base, aiohttp.ClientSession() as session:
        yield Auth(base, session, clean_database, redis)
    await redis.aclose()


@pytest.fixture
def address() -> str:
    """An address nobody has."""
    return f"{secrets.token_hex(6)}@example.org"
