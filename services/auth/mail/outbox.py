"""Puts letters into the outbox, within the transaction of what they tell about."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from services.auth.mail import repo
from services.auth.mail.domain import MOST_AN_HOUR, NOTICE_LIFE, Kind, Letter
from services.auth.mail.letters import write_letter
from shared.db import Connection, Database


class Outbox:
    """`post` letters; whoever sends them waits for `posted`."""

    def __init__(self, database: Database, public_url: str) -> None:
        self._database = database
        self._site = public_url
        self.posted = asyncio.Event()

    async def newest(self, limit: int) -> list[Letter]:
        """The letters that are still known, the newest first."""
        async with self._database.connection() as connection:
            return await repo.newest(connection, limit)

    async def post(
        self,
        connection: Connection,
        kind: Kind,
        recipient: str,
        lang: str,
        now: datetime,
        *,
        path: str = "",
        until: datetime | None = None,
    ) -> bool:
        """Add a letter; it goes out when the transaction around it is committed.

        `path` is the address of its link on this platform, which is good until `until`. False when it was not written,
        since somebody has had many letters written to this address.
        """
        give_up_at = until or now + NOTICE_LIFE
        if kind.solicited:
            asked_for = [one.value for one in Kind if one.solicited]
            written = await repo.count_recent(connection, recipient, now - timedelta(hours=1), asked_for)
            if written >= MOST_AN_HOUR:
                return False
        subject, body = write_letter(kind, lang, site=self._site, link=self._site + path, until=give_up_at)
        letter = Letter(uuid4(), kind.value, recipient, lang, subject, body, now, give_up_at)
        await repo.insert(connection, letter)
        self.posted.set()
        return True
