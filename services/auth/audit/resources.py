"""What runs beside the auth service for its trail: refusals are written, and the log hears how far it has reached."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from services.auth.audit import refusals
from services.auth.audit.domain import Pseudonyms
from services.auth.audit.service import AuditTrail
from services.auth.audit.trail import TRAIL
from services.auth.keys import AUDIT, AUDIT_DATABASE
from shared.background import stop
from shared.db import Database
from shared.refusals import REFUSALS, Refusals
from shared.trail.heads import tell_head


@contextlib.asynccontextmanager
async def audit_running(app: web.Application, database: Database, pseudonyms: Pseudonyms) -> AsyncIterator[None]:
    """Keep the trail of the service that `app` is."""
    app[AUDIT], app[AUDIT_DATABASE] = AuditTrail(database, pseudonyms), database
    app[REFUSALS] = Refusals(partial(refusals.write, database, "auth"))
    telling = asyncio.create_task(tell_head(database, TRAIL))
    async with app[REFUSALS].running():
        try:
            yield
        finally:
            await stop([telling])
