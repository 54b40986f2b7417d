"""Who somebody is elsewhere, and what is on its way between here and there."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.errors import Conflict, Forbidden, NotFound

FLOW_SECONDS = 600
"""How long somebody may take at the provider, or to confirm a link."""


class SignInRefused(Forbidden):
    """What the provider answered does not recognise anybody; `reason` is for the trail and the log alone."""

    def __init__(self, reason: str) -> None:
        super().__init__("The sign-in with this provider did not succeed. Begin anew.")
        self.reason = reason


class ProviderNotFound(NotFound):
    """No provider of this name is configured."""


class LoginNotFound(NotFound):
    """The account has no such link."""


class LinkOver(Conflict):
    """The confirmation of a link came too late, or a second time."""


class LastWay(Conflict):
    """Without this link nobody could sign in to the account."""


class TakenElsewhere(Conflict):
    """The identity belongs to another account already."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way at a provider. `browser` is the SHA-256 of what the browser's cookie holds; `account` is the
    one that wants to link, or empty."""

    provider: str
    nonce: str
    verifier: str
    browser: str
    next: str
    account: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider recognised. `email` is empty unless the provider says that it was verified."""

    issuer: str
    subject: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PendingLink:
    """An identity that waits for the owner of `account` to confirm that it is theirs."""

    account: str
    provider: str
    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Login:
    """A link between an account and an identity elsewhere."""

    id: UUID
    account_id: UUID
    provider: str
    issuer: str
    linked_at: datetime
    last_used_at: datetime | None


def new_secret() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hash_text(secret: str) -> str:
    """What is kept of a secret that comes back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
