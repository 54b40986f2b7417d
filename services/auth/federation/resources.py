"""Puts together what signing in with accounts held elsewhere needs."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from redis.asyncio import Redis

from services.auth.accounts.passwords import Passwords
from services.auth.federation.fetching import open_fetcher
from services.auth.federation.flows import Flows
from services.auth.federation.provider import OpenIdProvider
from services.auth.federation.service import Federation
from services.auth.keys import FEDERATION, SIGNING_IN
from services.auth.settings import AuthSettings
from shared.db import Database


@contextlib.asynccontextmanager
async def federation_running(
    app: web.Application, settings: AuthSettings, database: Database, redis: Redis, passwords: Passwords
) -> AsyncIterator[None]:
    """Give `app` its providers; call once it can sign people in."""
    async with open_fetcher() as fetcher:
        providers = [OpenIdProvider(each, fetcher) for each in settings.oidc_providers]
        app[FEDERATION] = Federation(database, Flows(redis), passwords, app[SIGNING_IN], providers, settings.public_url)
        yield
