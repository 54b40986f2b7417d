"""The policy service: documents, citations and search behind one application."""

from collections.abc import AsyncIterator

from aiohttp import web

from services.policy import openapi
from services.policy.announcing import announcing
from services.policy.citations import routes as citations
from services.policy.diffs import routes as diffs
from services.policy.documents import routes as documents
from services.policy.editorial import routes as editorial
from services.policy.exports import routes as exports
from services.policy.jobs import routes as jobs
from services.policy.keys import CURSORS, DATABASE, POLICY_SETTINGS
from services.policy.languages import routes as languages
from services.policy.mcp import routes as mcp
from services.policy.search import resources as search_resources
from services.policy.search import routes as search
from services.policy.settings import PolicySettings
from services.policy.trail import resources as trail_resources
from services.policy.trail import routes as trail
from services.policy.verification import routes as verification
from shared.db import open_database
from shared.guard import guard
from shared.keys import HEALTH
from shared.paging import Cursors
from shared.settings import text_of
from shared.web import create_base_app, watch_health


def create_app(settings: PolicySettings) -> web.Application:
    """The whole service; its database is opened when the application starts."""
    app = create_base_app(settings, service="policy")
    app[POLICY_SETTINGS] = settings
    app[CURSORS] = Cursors(text_of(settings.cursor_key), text_of(settings.cursor_key_previous))
    app.cleanup_ctx.append(_database)
    search_resources.setup(app)
    trail_resources.setup(app)
    openapi.add_routes(app)
    search.add_routes(app)
    citations.add_routes(app)
    diffs.add_routes(app)
    languages.add_routes(app)
    verification.add_routes(app)
    exports.add_routes(app)
    mcp.add_routes(app)
    editorial.add_routes(app)
    jobs.add_routes(app)
    trail.add_routes(app)
    documents.add_routes(app)
    guard(app, openapi.description())
    watch_health(app)
    return app


async def _database(app: web.Application) -> AsyncIterator[None]:
    settings = app[POLICY_SETTINGS]
    url = settings.database_url.get_secret_value()
    previous = text_of(settings.database_url_previous)
    async with open_database(url, service="policy", keeps_state=False, previous_dsn=previous) as database:
        app[DATABASE] = database
        app[HEALTH].add(database.dependency())
        async with announcing(url, settings.redis_url.get_secret_value()):
            yield
