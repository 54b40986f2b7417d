"""The web service: pages for people. It holds nothing but browser sessions, and asks auth and policy for the rest."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from functools import partial

import aiohttp_session
from aiohttp import web

from services.web.assets import Assets
from services.web.collection import Library
from services.web.confirmation import lead_to_confirmation
from services.web.csrf import FormTokens, refuse_other_origins
from services.web.headers import add_security_headers
from services.web.keys import ASSETS, AUTH, FORM_TOKENS, HTTP, LIBRARY, REDIS, WEB_SETTINGS
from services.web.problems import render_problem
from services.web.render import set_up_templates
from services.web.session import BrowserSessions
from services.web.settings import WebSettings
from services.web.texts import more_languages
from services.web.views import add_routes
from shared.cache import open_redis, redis_dependency
from shared.client import ServiceClient, client_session
from shared.contracts.refusals import REFUSALS_API, RefusedCaller, RefusedCallers
from shared.health import Dependency
from shared.keys import HEALTH, INTERNAL_TOKENS
from shared.refusals import REFUSALS, Refusal, Refusals
from shared.web import create_base_app, watch_health

_BUDGET_MS = 250.0


def create_app(settings: WebSettings) -> web.Application:
    """The whole service; its connections are opened when the application starts."""
    app = create_base_app(settings, service="web", render_problem=render_problem, max_body=2**21)
    app[WEB_SETTINGS] = settings
    app[ASSETS] = Assets.load()
    app[FORM_TOKENS] = FormTokens(settings)
    app.middlewares.append(refuse_other_origins)
    # People end addresses with a slash; no page of ours does.
    app.middlewares.append(
        web.normalize_path_middleware(
            append_slash=False, remove_slash=True, merge_slashes=False, redirect_class=web.HTTPPermanentRedirect
        )
    )
    aiohttp_session.setup(app, BrowserSessions(secure=settings.secure_cookies))
    app.middlewares.append(lead_to_confirmation)
    app.on_response_prepare.append(add_security_headers)
    set_up_templates(app)
    app.cleanup_ctx.append(_languages)
    app.cleanup_ctx.append(_redis)
    app.cleanup_ctx.append(_services)
    add_routes(app)
    watch_health(app)
    return app


async def _languages(app: web.Application) -> AsyncIterator[None]:
    with more_languages(app[WEB_SETTINGS].locales):
        yield


async def _redis(app: web.Application) -> AsyncIterator[None]:
    async with open_redis(app[WEB_SETTINGS].redis_url.get_secret_value()) as client:
        app[REDIS] = client
        app[HEALTH].add(redis_dependency(client))
        yield


async def _services(app: web.Application) -> AsyncIterator[None]:
    settings, tokens = app[WEB_SETTINGS], app[INTERNAL_TOKENS]
    async with client_session() as session:
        app[HTTP] = session
        app[AUTH] = ServiceClient(session, settings.auth_url, "auth", tokens)
        policy = ServiceClient(session, settings.policy_url, "policy", tokens)
        app[LIBRARY] = Library(policy)
        app[REFUSALS] = Refusals(partial(_tell_refusals, app[AUTH]))
        # Neither is critical: without them a page in the site's look still says what is wrong.
        for name, client in (("auth", app[AUTH]), ("policy", policy)):
            app[HEALTH].add(_service_dependency(name, client))
        async with app[REFUSALS].running():
            yield


async def _tell_refusals(auth: ServiceClient, refused: Sequence[Refusal]) -> None:
    items = tuple(RefusedCaller(**asdict(one)) for one in refused)
    await auth.post(REFUSALS_API, RefusedCallers(items=items).model_dump(mode="json"))


def _service_dependency(name: str, client: ServiceClient) -> Dependency:
    async def probe() -> None:
        await client.get("/readyz")

    return Dependency(name, "component", probe, _BUDGET_MS, critical=False)
