"""The providers that people may sign in with, as auth has them: known beforehand, so that no page waits for them."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp_jinja2
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from services.web.keys import AUTH
from shared.background import stop
from shared.client import ServiceClient
from shared.errors import PlatformError

_AGAIN_SECONDS, _AWAY_SECONDS = 60.0, 2.0


class LoginProvider(BaseModel):
    """One of them; `label` is what people call it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str
    label: str


class LoginProviders:
    """What templates show: `login_providers()`."""

    def __init__(self) -> None:
        self._known: tuple[LoginProvider, ...] = ()

    def __call__(self) -> tuple[LoginProvider, ...]:
        """As last heard."""
        return self._known

    async def ask(self, auth: ServiceClient) -> bool:
        """Hear them anew; False when auth is away."""
        try:
            body, _ = await auth.get("/api/v1/auth/providers")
            self._known = tuple(LoginProvider.model_validate(item) for item in body["items"])
        except (PlatformError, ValidationError, KeyError, TypeError):
            return False
        return True


def set_up_providers(app: web.Application) -> None:
    """Give templates the providers; call after the connection to auth was added to `cleanup_ctx`."""
    providers = LoginProviders()
    aiohttp_jinja2.get_env(app).globals["login_providers"] = providers

    async def keep(answered: bool) -> None:
        while True:
            await asyncio.sleep(_AGAIN_SECONDS if answered else _AWAY_SECONDS)
            answered = await providers.ask(app[AUTH])

    async def running(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(keep(await providers.ask(app[AUTH])))
        try:
            yield
        finally:
            await stop([task])

    app.cleanup_ctx.append(running)
