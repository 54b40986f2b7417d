"""What belongs to one's own account, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from services.auth.accounts.service import Accounts
from services.auth.keys import DATA_EXPORT, OUTBOX, PROFILE, RECOVERY
from services.auth.profile.data import DataExport
from services.auth.profile.recovery import Recovery
from services.auth.profile.service import Profile
from services.auth.sessions.announcements import Announcements
from shared.background import stop
from shared.db import Database


@contextlib.asynccontextmanager
async def profile_running(
    app: web.Application, database: Database, accounts: Accounts, announcements: Announcements
) -> AsyncIterator[None]:
    """Give `app` what people do with their own account, and answer those who forgot their password."""
    recovery = Recovery(database, accounts, announcements, app[OUTBOX])
    app[RECOVERY] = recovery
    app[PROFILE] = Profile(database, accounts, announcements, app[OUTBOX], recovery)
    app[DATA_EXPORT] = DataExport(database)
    answering = asyncio.create_task(recovery.keep())
    try:
        yield
    finally:
        await stop([answering])
