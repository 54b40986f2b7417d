"""Changing one's own account."""

import contextlib
import secrets
from datetime import UTC, datetime
from uuid import UUID

from services.auth.accounts.domain import Account
from services.auth.accounts.service import Accounts
from services.auth.apikeys.repo import revoked_name
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors import repo as factors_repo
from services.auth.links import repo as links
from services.auth.links.domain import LINK_REFUSED, Link, LinkRefused, Purpose, new_token, path_of
from services.auth.mail import repo as mail_repo
from services.auth.mail.domain import Kind
from services.auth.mail.outbox import Outbox
from services.auth.profile import repo
from services.auth.profile.domain import Own
from services.auth.profile.recovery import Recovery
from services.auth.roles import repo as roles_repo
from services.auth.roles.domain import check_change
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import Session
from shared.db import Connection, Database
from shared.errors import FieldError, Unauthenticated, Unavailable, Unprocessable

GONE = "This account has ended."
_NOT_VALID = "Some fields are not valid."


class Profile:
    """The verbs on one's own account. Who may ask, and how lately they showed who they are, is looked at before."""

    def __init__(
        self, database: Database, accounts: Accounts, announcements: Announcements, outbox: Outbox, recovery: Recovery
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._announcements = announcements
        self._outbox = outbox
        self._recovery = recovery

    async def change_password(self, session: Session, old: str, new: str) -> None:
        """Change it, and end the other sessions. Raises Unprocessable for a wrong old or an easily guessed new one."""
        account = session.account
        try:
            checked = await self._accounts.authenticate(account.email, old, known=str(session.sid))
        except Unauthenticated:
            raise Unprocessable(_NOT_VALID, errors=(FieldError("is wrong", "#/old_password"),)) from None
        if checked.id != account.id:
            raise Unauthenticated(GONE)
        made = await self._accounts.hash_strong(new, account.email, account.display_name, pointer="#/new_password")
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            own = await self._hold(connection, account.id)
            epoch = await repo.set_password(connection, account.id, made, now, by_letter=False)
            ended = await sessions_repo.end_others(connection, account.id, session.sid, now)
            await links.delete(connection, account.id, [Purpose.RESET])
            await self._outbox.post(connection, Kind.PASSWORD_CHANGED, own.account.email, own.lang, now)
            await audit.append(connection, _event(Action.PASSWORD_CHANGED, session), now)
        await self._announcements.announce(ended, [(account.id, epoch)])

    async def rename(self, session: Session, name: str | None, lang: str | None) -> Account:
        """Change the name, or the language of mail, or both."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            account = await repo.rename(connection, session.account.id, name, lang)
            if account is None:
                raise Unauthenticated(GONE)
            browsers = await repo.living_browsers(connection, account.id)
            await audit.append(connection, _event(Action.RENAMED, session), now)
        await self._announcements.forget_browsers(browsers)
        return account

    async def ask_for_email(self, session: Session, email: str) -> None:
        """Send a link to the address that the account is to move to. It says nothing of whose the address is."""
        if email == session.account.email:
            raise Unprocessable(_NOT_VALID, errors=(FieldError("is your address already", "#/email"),))
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            own = await self._hold(connection, session.account.id)
            holder = await repo.holder(connection, email)
            if holder is not None:
                await self._outbox.post(connection, Kind.KNOWN, email, holder[1], now)
                return
            token = new_token()
            link = Link(own.account.id, email)
            until = await links.insert(connection, token, Purpose.CHANGE_EMAIL, link, now)
            path = path_of(Purpose.CHANGE_EMAIL, token)
            await self._outbox.post(connection, Kind.CHANGE_EMAIL, email, own.lang, now, path=path, until=until)

    async def confirm_email(self, token: str) -> None:
        """Move the account to the address that the link went to, and tell the one before. Raises LinkRefused."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            link = await links.use(connection, token, Purpose.CHANGE_EMAIL, now)
            own = await self._move(connection, link, now)
            before, undo = own.account.email, new_token()
            until = await links.insert(connection, undo, Purpose.UNDO_EMAIL, Link(link.account_id, before), now)
            path = path_of(Purpose.UNDO_EMAIL, undo)
            await self._outbox.post(connection, Kind.EMAIL_CHANGED, before, own.lang, now, path=path, until=until)
            await links.delete(connection, link.account_id, [Purpose.RESET, Purpose.CHANGE_EMAIL])
            await audit.append(connection, Event(Action.EMAIL_CHANGED, link.account_id, link.account_id), now)
        with contextlib.suppress(Unavailable):
            await self._announcements.announce([], [(link.account_id, own.account.epoch + 1)])

    async def undo_email(self, token: str) -> None:
        """Move the account back to the address that the link went to, out of the hands of whoever has it now.

        Sessions and keys end, the password stops working, and the address gets a link to a new one. Raises LinkRefused.
        """
        unknown = await self._accounts.hash(secrets.token_urlsafe(32))
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            link = await links.use(connection, token, Purpose.UNDO_EMAIL, now)
            own = await self._move(connection, link, now)
            epoch = await repo.set_password(connection, link.account_id, unknown, now, by_letter=True)
            ended = await sessions_repo.end_others(connection, link.account_id, None, now)
            keys = await repo.end_keys(connection, link.account_id, now)
            await links.delete(connection, link.account_id, Purpose)
            moved = await self._hold(connection, link.account_id)
            await self._recovery.send_link(connection, moved, now)
            await mail_repo.forget_recipient(connection, own.account.email)
            await audit.append(connection, Event(Action.EMAIL_RESTORED, link.account_id, link.account_id), now)
        with contextlib.suppress(Unavailable):
            await self._announcements.announce(ended, [(link.account_id, epoch)])
            await self._announcements.announce_names([revoked_name(key) for key in keys])

    async def delete(self, session: Session, email: str) -> None:
        """End the account: sessions and keys at once, and everything that is about a person.

        `email` is typed to be sure. Raises Unprocessable when it is another, LastAdministrator.
        """
        account = session.account
        if email != account.email:
            raise Unprocessable(_NOT_VALID, errors=(FieldError("is not your address", "#/email"),))
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await roles_repo.lock(connection)
            own = await self._hold(connection, account.id)
            check_change(own.account, None, await roles_repo.count_administrators(connection))
            ended = await sessions_repo.end_others(connection, account.id, None, now)
            await links.delete(connection, account.id, Purpose)
            await factors_repo.delete_all(connection, account.id)
            await mail_repo.forget_recipient(connection, own.account.email)
            await self._outbox.post(connection, Kind.DELETED, own.account.email, own.lang, now)
            epoch, keys = await repo.empty(connection, account.id, now)
            await audit.append(connection, _event(Action.DELETED, session), now)
        with contextlib.suppress(Unavailable):
            await self._announcements.announce(ended, [(account.id, epoch)])
            await self._announcements.announce_names([revoked_name(key) for key in keys])

    async def _move(self, connection: Connection, link: Link, now: datetime) -> Own:
        """Move a link's account to the link's address: the account as it was."""
        own = await repo.hold(connection, link.account_id)
        if own is None or await repo.set_email(connection, link.account_id, link.email, now) is None:
            raise LinkRefused(LINK_REFUSED)
        return own

    async def _hold(self, connection: Connection, account_id: UUID) -> Own:
        own = await repo.hold(connection, account_id)
        if own is None:
            raise Unauthenticated(GONE)
        return own


def _event(action: Action, session: Session) -> Event:
    return Event(action, session.account.id, session.account.id, session.sid)
