"""The policy service and its imports, as tests run them."""

import contextlib
import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from services.policy.app import create_app
from services.policy.imports.model import Importer
from services.policy.imports.outcome import ImportReport
from services.policy.imports.progress import Lines
from services.policy.imports.run import Order, run_import
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from services.policy.settings import PolicySettings
from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.policy.notes import Notes
from tests.serving import running

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


async def import_notes(
    database_url: str, source: Path, *, importer: Importer | None = None, release: date | None = None
) -> ImportReport:
    """Import `source` in one worker process, and index it."""
    order = Order(importer or Notes(), source, release, date(2026, 10, 1), processes=1)
    with Lines(io.StringIO()) as progress:
        return await run_import(order, database_url, progress=progress, stop=Stop(), index=index_pending)


@contextlib.asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """The service on a real socket; yields a session that calls it as the gateway does."""
    settings = PolicySettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr("redis://127.0.0.1:1/0"),
        database_url=SecretStr(database_url), cursor_key=SecretStr(KEY),
    )  # fmt: skip
    async with running(create_app(settings)) as base, aiohttp.ClientSession(base, middlewares=(as_gateway,)) as session:
        yield session


async def as_gateway(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Shows an internal token with each request; one lives too short for a session."""
    request.headers.setdefault(INTERNAL_HEADER, InternalTokens(KEY, "gateway").mint(ANONYMOUS, "policy"))
    return await handler(request)
