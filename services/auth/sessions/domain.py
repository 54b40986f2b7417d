"""How long sessions last, and the secrets that stand for them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.auth.accounts.domain import Account
from shared.errors import NotFound
from shared.permissions import Permission, Role

IDLE = timedelta(minutes=30)
"""A browser that asks for nothing this long is signed out."""
REFRESH_LIFE = timedelta(days=7)
"""How long a refresh token waits to be used."""
RECENT = timedelta(minutes=10)
"""For so long after showing who they are may somebody make sensitive changes."""
CACHE_SECONDS = 60
"""How long Redis answers for a browser's session before it is resolved, and thereby touched, again."""
_REFRESH_PREFIX = "opr_"  # lets secret scanners recognise one


class SessionKind(StrEnum):
    """Who holds the session."""

    BROWSER = "browser"
    API = "api"


ABSOLUTE = {SessionKind.BROWSER: timedelta(hours=12), SessionKind.API: timedelta(days=30)}
"""The end of a session, however much it is used."""


class SessionNotFound(NotFound):
    """The account has no such session."""


class Method(StrEnum):
    """A way in which somebody showed who they are."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"
    FEDERATED = "federated"


SECOND_FACTORS = frozenset({Method.TOTP, Method.RECOVERY, Method.PASSKEY})
"""What nobody shows who only guessed a password. A passkey is two factors: what one has, and a PIN."""
SETTING_UP = frozenset({Permission.READ_PUBLISHED, Permission.MANAGE_SELF})
"""What is left to somebody whose role asks for a second factor, until it is shown: enough to set one up."""


@dataclass(frozen=True, slots=True)
class Client:
    """What a client says of itself, and where it calls from."""

    user_agent: str = ""
    address: str = ""
    device: str = ""
    """The mark of a browser that somebody signed in with before, as in lockout.devices."""


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in."""

    sid: UUID
    account: Account
    kind: SessionKind
    expires_at: datetime
    authenticated_at: datetime
    """When its holder last showed who they are."""
    methods: frozenset[Method]
    """How they did, in all."""
    revoked_at: datetime | None = None

    @property
    def has_second_factor(self) -> bool:
        """More than a password, or another's word, was shown."""
        return not SECOND_FACTORS.isdisjoint(self.methods)

    def usable(self, now: datetime) -> bool:
        """Neither ended nor expired, and its account is not disabled."""
        return self.revoked_at is None and now < self.expires_at and self.account.disabled_at is None

    def is_recent(self, now: datetime) -> bool:
        """Its holder showed who they are lately enough for a sensitive change."""
        return now - self.authenticated_at <= RECENT


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that ended before its time. `id_hash` is empty for an API client's."""

    sid: UUID
    id_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A living session, as its owner may see it."""

    sid: UUID
    kind: SessionKind
    client: Client
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as it is kept; `used` once it has a successor."""

    sid: UUID
    expires_at: datetime
    used: bool


def scope_of(session: Session, two_factor_roles: frozenset[Role]) -> str:
    """The scope that a session is narrowed to; empty when its holder may all that the role may."""
    if session.account.role not in two_factor_roles or session.has_second_factor:
        return ""
    return " ".join(sorted(SETTING_UP))


def new_session_id() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def new_refresh_token() -> str:
    """256 random bits for an API client."""
    return _REFRESH_PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """What is kept of it. SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
