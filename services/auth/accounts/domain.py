"""What an account is, and which addresses, names and passwords it may have."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.permissions import Role

PASSWORD_CHARACTERS = range(12, 257)
NAME_CHARACTERS = 80
EMAIL_CHARACTERS = 254  # RFC 5321: what fits in a path
_LOCAL_BYTES = 64
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account. `epoch` rises with each change of role or credentials."""

    id: UUID
    email: str
    display_name: str
    role: Role
    epoch: int
    created_at: datetime
    disabled_at: datetime | None
    areas: str = ""
    """As in shared.areas; they count for roles that work by area."""
    plan: str = ""
    """The rate-limit plan that an administrator chose; empty: the usual one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts to list: of a role (None: any), with this in address or name (lower case; empty: any)."""

    role: Role | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with the hash of its password; kept apart so that a hash never travels by accident."""

    account: Account
    password_hash: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an address is proven to be its account's, and whether its owner is signed in from the same place."""

    verified: bool = False
    here: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """Who has an address; until it is verified anybody may have registered it. `lang` is the language of their mail."""

    id: UUID
    lang: str
    verified: bool


def normalise_email(text: str) -> str:
    """The form in which addresses are compared: NFC, lower case, without blanks around it. Checks nothing."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower().strip())


def parse_email(text: str) -> str:
    """The normalised address; raises ValueError when it cannot be one."""
    email = normalise_email(text)
    local, at, domain = email.rpartition("@")
    labels = domain.split(".")
    fits = len(email) <= EMAIL_CHARACTERS and len(local.encode()) <= _LOCAL_BYTES
    if not (at and fits and _LOCAL.fullmatch(local) and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))):
        raise ValueError("is not an e-mail address")
    return email


def parse_display_name(text: str) -> str:
    """The name in NFC with single blanks; raises ValueError when it is empty, too long or holds hidden characters."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise ValueError("must not be empty")
    if len(name) > NAME_CHARACTERS:
        raise ValueError(f"may have at most {NAME_CHARACTERS} characters")
    # Control, format (text direction, zero width), private and unassigned characters let one name pass for another.
    if any(unicodedata.category(c).startswith("C") for c in name):
        raise ValueError("contains characters that cannot be seen")
    return name


def parse_password(text: str) -> str:
    """The password in NFC; raises ValueError when its length is not acceptable. Its strength is judged elsewhere."""
    password = unicodedata.normalize("NFC", text)
    if len(password) < PASSWORD_CHARACTERS.start:
        raise ValueError(f"must have at least {PASSWORD_CHARACTERS.start} characters")
    if len(password) >= PASSWORD_CHARACTERS.stop:
        raise ValueError(f"may have at most {PASSWORD_CHARACTERS.stop - 1} characters")
    return password


def strength_context(email: str, display_name: str) -> list[str]:
    """Words that make a password easy to guess for this person."""
    local, _, domain = email.partition("@")
    return [email, local, domain, *domain.split("."), display_name, *display_name.split(),
            "open policy", "openpolicy", "openpolicyplatform"]  # fmt: skip
