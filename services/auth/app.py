"""The auth application: its resources and addresses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import web

from services.auth import openapi
from services.auth.accounts import routes as accounts_routes
from services.auth.accounts.passwords import Passwords
from services.auth.accounts.resources import accounts_running
from services.auth.apikeys import administration as apikeys_administration
from services.auth.apikeys import internal as apikeys_internal
from services.auth.apikeys import routes as apikeys_routes
from services.auth.apikeys.service import ApiKeys
from services.auth.audit import routes as audit_routes
from services.auth.audit.domain import Pseudonyms
from services.auth.audit.resources import audit_running
from services.auth.factors import routes as factors_routes
from services.auth.federation import routes as federation_routes
from services.auth.federation.resources import federation_running
from services.auth.keys import API_KEYS, CURSORS, FIRST_ADMIN, KEY_RING, OVERSIGHT, PLANS, ROLES
from services.auth.mail import routes as mail_routes
from services.auth.plans import routes as plans_routes
from services.auth.plans.service import Plans
from services.auth.profile import routes as profile_routes
from services.auth.profile.resources import profile_running
from services.auth.resealing import reseal
from services.auth.roles import routes as roles_routes
from services.auth.roles.first_admin import FirstAdmin
from services.auth.roles.oversight import Oversight
from services.auth.roles.service import Roles
from services.auth.sessions import internal as sessions_internal
from services.auth.sessions import listing_routes
from services.auth.sessions import routes as sessions_routes
from services.auth.sessions.announcements import Announcements
from services.auth.settings import AuthSettings
from services.auth.signing import set_up_signing_in
from services.auth.tokens import repo as tokens_repo
from services.auth.tokens import routes as tokens_routes
from services.auth.tokens.domain import Seal
from services.auth.tokens.service import KeyRing
from shared.background import stop
from shared.cache import open_redis, redis_dependency
from shared.db import open_database
from shared.errors import FieldError, Invalid
from shared.guard import guard
from shared.keys import HEALTH, Handler
from shared.paging import Cursors
from shared.parse import is_clean
from shared.settings import text_of
from shared.web import create_base_app, watch_health

SERVICE = "auth"
_LISTS = (accounts_routes.list_accounts, audit_routes.list_events, listing_routes.end_sessions)


def create_app(settings: AuthSettings) -> web.Application:
    """The application; its resources open when it starts."""
    app = create_base_app(settings, service=SERVICE)
    app[CURSORS] = Cursors(text_of(settings.cursor_key), text_of(settings.cursor_key_previous))
    for slice_routes in (accounts_routes, sessions_routes, sessions_internal, roles_routes, tokens_routes, openapi):
        slice_routes.add_routes(app)
    for slice_routes in (apikeys_routes, apikeys_administration, apikeys_internal, plans_routes, audit_routes):
        slice_routes.add_routes(app)
    for slice_routes in (profile_routes, factors_routes, listing_routes):
        slice_routes.add_routes(app)
    federation_routes.add_routes(app)
    if settings.development_outbox:
        mail_routes.add_routes(app)
    guard(app, openapi.description())
    app.middlewares.append(_refuse_parameters)
    app.on_response_prepare.append(_keep_out_of_caches)

    async def resources(app: web.Application) -> AsyncIterator[None]:
        async with _resources(app, settings):
            yield

    app.cleanup_ctx.append(resources)
    watch_health(app)
    return app


@contextlib.asynccontextmanager
async def _resources(app: web.Application, settings: AuthSettings) -> AsyncIterator[None]:
    pepper = settings.password_pepper.get_secret_value()
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(
                settings.database_url.get_secret_value(),
                service=SERVICE,
                previous_dsn=text_of(settings.database_url_previous),
            )
        )
        redis = await stack.enter_async_context(open_redis(settings.redis_url.get_secret_value()))
        app[HEALTH].add(database.dependency())
        app[HEALTH].add(redis_dependency(redis))

        previous = text_of(settings.password_pepper_previous)
        passwords = Passwords(pepper, cost=settings.bcrypt_cost, previous=previous)
        stack.push_async_callback(passwords.close)
        await passwords.prepare()
        await reseal(database, settings)
        seal = Seal(text_of(settings.key_encryption_key), text_of(settings.key_encryption_key_previous))
        keys = KeyRing(database, seal, settings.public_url, timedelta(days=settings.signing_key_days))
        await keys.load()
        announcements = Announcements(redis, database)
        announcements.repeat_too(tokens_repo.recently_dropped)
        accounts = await stack.enter_async_context(accounts_running(app, settings, database, redis, passwords, pepper))
        await stack.enter_async_context(audit_running(app, database, Pseudonyms(pepper)))
        app[KEY_RING] = keys
        set_up_signing_in(app, settings, database, accounts, keys, announcements)
        await stack.enter_async_context(federation_running(app, settings, database, redis, passwords))
        await stack.enter_async_context(profile_running(app, database, accounts, announcements))
        app[ROLES] = Roles(database, announcements)
        app[OVERSIGHT] = Oversight(database, announcements)
        app[PLANS] = Plans(database, settings.plans.keys())
        app[API_KEYS] = ApiKeys(database, announcements, settings)
        stack.push_async_callback(app[API_KEYS].close)
        app[FIRST_ADMIN] = FirstAdmin(database, accounts, announcements)

        tasks = [asyncio.create_task(announcements.keep()), asyncio.create_task(keys.follow())]
        tasks.append(asyncio.create_task(app[API_KEYS].keep()))
        try:
            yield
        finally:
            await stop(tasks)


@web.middleware
async def _refuse_parameters(request: web.Request, handler: Handler) -> web.StreamResponse:
    # Lists read their own; elsewhere a parameter is a mistake that its sender should hear about.
    match = request.match_info
    if request.query and match.http_exception is None and match.handler not in _LISTS:
        names = sorted({name if is_clean(name) else "?" for name in request.query})
        raise Invalid(
            "This address takes no parameters.", errors=tuple(FieldError("is not known here", name) for name in names)
        )
    return await handler(request)


async def _keep_out_of_caches(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
