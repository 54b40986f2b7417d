"""What the accounts need beside themselves: what slows guessing down, the outbox, and the tasks that keep them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from redis.asyncio import Redis

from services.auth.accounts.passwords import Passwords
from services.auth.accounts.registration import Registration
from services.auth.accounts.service import Accounts
from services.auth.audit.domain import Pseudonyms
from services.auth.keys import ACCOUNTS, OUTBOX, REGISTRATION
from services.auth.lockout.devices import Devices
from services.auth.lockout.service import Lockout
from services.auth.mail.outbox import Outbox
from services.auth.mail.sender import Sender
from services.auth.mail.settings import MailSettings
from shared.background import stop
from shared.db import Database
from shared.keys import HEALTH
from shared.log import get_logger

_log = get_logger(__name__)


@contextlib.asynccontextmanager
async def accounts_running(
    app: web.Application, settings: MailSettings, database: Database, redis: Redis, passwords: Passwords, pepper: str
) -> AsyncIterator[Accounts]:
    """Give `app` its accounts, and send their mail."""
    pseudonyms = Pseudonyms(pepper)
    outbox = Outbox(database, settings.public_url)
    server = settings.mail_server
    sender = Sender(database, outbox, server, sender=settings.mail_sender, host=settings.mail_host)
    accounts = Accounts(database, passwords, pseudonyms, Lockout(redis), Devices(pepper))
    app[ACCOUNTS], app[OUTBOX] = accounts, outbox
    app[REGISTRATION] = Registration(database, accounts, pseudonyms, outbox)
    if server is not None:
        app[HEALTH].add(sender.dependency())
    elif not settings.development_outbox:
        _log.warning("mail_is_not_sent", reason="SMTP_HOST is not set")
    tasks = [asyncio.create_task(sender.run()), asyncio.create_task(app[REGISTRATION].keep())]
    try:
        yield accounts
    finally:
        await stop(tasks)
