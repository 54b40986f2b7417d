"""Signing in with an account held elsewhere, and linking one to an account here."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account, parse_display_name
from services.auth.accounts.passwords import Passwords
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.federation import repo
from services.auth.federation.domain import (
    Flow,
    LastWay,
    LinkOver,
    Login,
    LoginNotFound,
    PendingLink,
    Person,
    ProviderNotFound,
    SignInRefused,
    TakenElsewhere,
    hash_text,
    new_secret,
)
from services.auth.federation.flows import Flows
from services.auth.federation.provider import OpenIdProvider
from services.auth.sessions.domain import Client
from services.auth.sessions.signing_in import Opened, Pending, SigningIn
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser brought back from a provider."""

    provider: str
    state: str
    code: str
    issuer: str | None
    error: str
    browser: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a session, a second step, or the ticket of a link that its owner has to confirm."""

    next: str
    signed_in: Opened | Pending | None
    ticket: str = ""


class Federation:
    """The verbs on accounts held elsewhere."""

    def __init__(
        self,
        database: Database,
        flows: Flows,
        passwords: Passwords,
        signing_in: SigningIn,
        providers: Iterable[OpenIdProvider],
        public_url: str,
    ) -> None:
        self._database = database
        self._flows = flows
        self._passwords = passwords
        self._signing_in = signing_in
        self._providers = {provider.settings.name: provider for provider in providers}
        self._public_url = public_url.rstrip("/")

    def providers(self) -> list[tuple[str, str]]:
        """Name and label of each, in the order of the settings."""
        return [(name, provider.settings.label) for name, provider in self._providers.items()]

    def label(self, name: str) -> str:
        """What people call a provider; its name when it is configured no longer."""
        found = self._providers.get(name)
        return name if found is None else found.settings.label

    async def begin(self, name: str, after: str, account: Account | None) -> tuple[str, str]:
        """(Where the browser goes, what its cookie holds until it is back). `account` wants to link.

        Raises ProviderNotFound, Unavailable.
        """
        provider = self._provider(name)
        browser = new_secret()
        who = "" if account is None else str(account.id)
        flow = Flow(name, new_secret(), new_secret(), hash_text(browser), after, who)
        return await provider.address(flow, await self._flows.begin(flow), self._redirect(name)), browser

    async def finish(self, answer: Answer, client: Client) -> Outcome:
        """What the browser brought back from a provider; raises SignInRefused, ProviderNotFound, Unavailable."""
        provider = self._provider(answer.provider)
        flow = await self._flows.take(answer.state)
        if flow is None or not hmac.compare_digest(flow.browser, hash_text(answer.browser)):
            # Not on record: anybody can send such by the thousand.
            raise SignInRefused("no such sign-in is under way in this browser")
        try:
            if flow.provider != answer.provider:
                raise SignInRefused("answered by another provider")
            if answer.error or not answer.code:
                raise SignInRefused("the provider did not recognise anybody")
            person = await provider.recognise(flow, answer.code, answer.issuer, self._redirect(answer.provider))
            return await self._recognised(flow, person, client)
        except SignInRefused as refused:
            event = Event(Action.FEDERATION_REFUSED, detail={"provider": answer.provider, "reason": refused.reason})
            async with self._database.transaction() as connection:
                await audit.append(connection, event, datetime.now(UTC))
            raise

    async def pending(self, ticket: str, account_id: UUID) -> str:
        """The provider of a link that waits for this account; raises LinkOver."""
        link = await self._flows.link(ticket)
        if link is None or link.account != str(account_id):
            raise LinkOver("This confirmation came too late, or belongs to another account. Begin anew.")
        return link.provider

    async def confirm(self, ticket: str, account: Account, sid: UUID) -> None:
        """Link what waits, on the word of the account's owner, who has just signed in.

        Raises LinkOver, TakenElsewhere.
        """
        await self.pending(ticket, account.id)  # of another account's it is not used up
        link = await self._flows.link(ticket, once=True)
        if link is None:
            raise LinkOver("This confirmation came a second time.")
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            if not await repo.add_identity(connection, account.id, link.issuer, link.subject, link.provider, now):
                if await repo.use_identity(connection, link.issuer, link.subject, now) != account.id:
                    raise TakenElsewhere("This login belongs to another account.")
                return
            event = Event(Action.LOGIN_LINKED, account.id, account.id, sid, detail={"provider": link.provider})
            await audit.append(connection, event, now)

    async def logins(self, account_id: UUID) -> list[Login]:
        """The links of an account."""
        async with self._database.connection() as connection:
            return await repo.logins(connection, account_id)

    async def remove(self, login_id: UUID, account: Account, sid: UUID) -> None:
        """Take a link away; raises LoginNotFound, LastWay."""
        async with self._database.transaction() as connection:
            ways = await repo.other_ways(connection, account.id, login_id)
            provider = await repo.remove_login(connection, login_id, account.id)
            if provider is None:
                raise LoginNotFound("There is no such login.")
            if not ways:
                raise LastWay("This is the only way to sign in. Set a password first.")
            event = Event(Action.LOGIN_UNLINKED, account.id, account.id, sid, detail={"provider": provider})
            await audit.append(connection, event, datetime.now(UTC))

    async def _recognised(self, flow: Flow, person: Person, client: Client) -> Outcome:
        now = datetime.now(UTC)
        if flow.account:
            return await self._ask(flow, person, flow.account)
        async with self._database.transaction() as connection:
            account_id = await repo.use_identity(connection, person.issuer, person.subject, now)
            account = None if account_id is None else await accounts_repo.get(connection, account_id)
        if account_id is None:
            account = await self._open(flow, person, now)
            if account is None:
                async with self._database.connection() as connection:
                    known = await accounts_repo.credentials(connection, person.email)
                if known is None or known.account.disabled_at is not None:
                    raise SignInRefused("the account of this address cannot be used")
                return await self._ask(flow, person, str(known.account.id))
        if account is None or account.disabled_at is not None:
            raise SignInRefused("the account is disabled")
        return Outcome(flow.next, await self._signing_in.vouched(account, client))

    async def _open(self, flow: Flow, person: Person, now: datetime) -> Account | None:
        if not person.email:
            raise SignInRefused("the provider has not verified an address")
        password_hash = await self._passwords.hash(secrets.token_urlsafe(32))
        async with self._database.transaction() as connection:
            name = _display_name(person)
            account_id = await repo.open_account(connection, person.email, name, password_hash, now)
            if account_id is None:
                # Perhaps by another request of the same person, a moment ago.
                account_id = await repo.use_identity(connection, person.issuer, person.subject, now)
                return None if account_id is None else await accounts_repo.get(connection, account_id)
            await repo.add_identity(connection, account_id, person.issuer, person.subject, flow.provider, now)
            detail = {"provider": flow.provider}
            await audit.append(connection, Event(Action.REGISTERED, subject=account_id, detail=detail), now)
            await audit.append(connection, Event(Action.LOGIN_LINKED, account_id, account_id, detail=detail), now)
            return await accounts_repo.get(connection, account_id)

    async def _ask(self, flow: Flow, person: Person, account_id: str) -> Outcome:
        link = PendingLink(account_id, flow.provider, person.issuer, person.subject)
        return Outcome(flow.next, None, await self._flows.ask(link))

    def _provider(self, name: str) -> OpenIdProvider:
        try:
            return self._providers[name]
        except KeyError:
            raise ProviderNotFound("There is no such provider.") from None

    def _redirect(self, name: str) -> str:
        return f"{self._public_url}/login/with/{name}/callback"


def _display_name(person: Person) -> str:
    for text in (person.name, person.email.partition("@")[0]):
        try:
            return parse_display_name(text)
        except ValueError:
            continue
    return "Reader"
