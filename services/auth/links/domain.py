"""What links are for, how long they are good, and the secret in them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from shared.errors import Forbidden

LINK_REFUSED = "This link cannot be used: it has expired, or it was used already."


class Purpose(StrEnum):
    """What a link does."""

    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change-email"
    UNDO_EMAIL = "undo-email"


LIFE = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.UNDO_EMAIL: timedelta(days=7),
}
PAGE = {
    Purpose.VERIFY: "/verify",
    Purpose.RESET: "/reset",
    Purpose.CHANGE_EMAIL: "/verify/email",
    Purpose.UNDO_EMAIL: "/verify/undo",
}
"""The page of each, which only shows a button: programs that look at mail open every link in it."""


class LinkRefused(Forbidden):
    """The link is not good, for whichever reason."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is good. `email` is the address it went to; the last two are a registration's."""

    account_id: UUID
    email: str
    password_hash: str = ""
    display_name: str = ""


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(token.encode()).digest()


def path_of(purpose: Purpose, token: str) -> str:
    """The link's address on the platform."""
    return f"{PAGE[purpose]}?token={token}"
