"""The rules of second factors: codes, and what may be done with them."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pyotp

from shared.errors import Conflict, NotFound

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How far the clock of somebody's telephone may be off."""
ISSUER = "Open Policy Platform"
CEREMONY_LIFE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
"""Wrong codes after one right password; then the password is asked for again."""
MOST_PASSKEYS = 20
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # 32 signs that nobody takes for one another
_GROUPS = 4
_RECOVERY_CHARACTERS = 16  # 80 bits
_DIGITS = re.compile(r"[0-9]{6}")


class Purpose(StrEnum):
    """What a ceremony is for."""

    SIGN_IN = "sign-in"
    """The password was right; the second factor follows."""
    TOTP = "totp"
    """An authenticator app is being enrolled."""
    PASSKEY = "passkey"
    """A passkey is being added."""
    CHALLENGE = "challenge"
    """A passkey is about to be shown."""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What was begun; whoever holds its secret can finish it once."""

    hash: bytes
    purpose: Purpose
    expires_at: datetime
    account_id: UUID | None = None
    sid: UUID | None = None
    epoch: int = 0
    methods: frozenset[str] = frozenset()
    challenge: bytes = b""
    sealed_secret: bytes = b""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app, its secret sealed. `last_step` is that of the last code used."""

    account_id: UUID
    sealed_secret: bytes
    created_at: datetime
    last_step: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it is kept. `public_key` is in COSE."""

    id: UUID
    account_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The second factors of an account."""

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    recovery_codes_left: int

    @property
    def any(self) -> bool:
        """Whether a sign-in asks for more than a password. Recovery codes alone are no factor."""
        return self.app_since is not None or bool(self.passkeys)

    @property
    def count(self) -> int:
        """How many there are, without recovery codes."""
        return (self.app_since is not None) + len(self.passkeys)


class FactorNotFound(NotFound):
    """The account has no such factor."""


class CeremonyOver(Conflict):
    """What was begun has expired, was finished, or was begun elsewhere."""


class LastFactor(Conflict):
    """The account's role asks for a second factor, and this is the last one."""


def check_removal(held: Held, *, is_required: bool) -> None:
    """Raise LastFactor when the role would be left without a factor that it asks for."""
    if is_required and held.count <= 1:
        raise LastFactor("Your role asks for a second factor, and this is the last one. Add another one first.")


def new_totp_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def totp_uri(secret: str, email: str) -> str:
    """What an authenticator app reads from the drawn code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step that `code` belongs to, if it is good now and later than `last_step`."""
    digits = "".join(code.split())
    if not _DIGITS.fullmatch(digits):
        return None
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    matching = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits) and step > last_step]
    return matching[0] if matching else None


def new_recovery_codes() -> list[str]:
    """RECOVERY_CODES codes to be shown once: four groups of four."""
    return [_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARACTERS)))
            for _ in range(RECOVERY_CODES)]  # fmt: skip


def read_recovery_code(text: str) -> str | None:
    """The code without hyphens and blanks, in lower case; None for what cannot be one."""
    bare = re.sub(r"[\s-]", "", text).lower()
    return bare if len(bare) == _RECOVERY_CHARACTERS and set(bare) <= set(_ALPHABET) else None


def passkey_name(names: Collection[str], wanted: str) -> str:
    """`wanted`, or with a number behind it where the account has one of that name."""
    if wanted not in names:
        return wanted
    return next(name for number in range(2, len(names) + 3) if (name := f"{wanted} {number}") not in names)


def new_ceremony_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_ceremony(secret: str) -> bytes:
    """What is kept of a ceremony's secret."""
    return hashlib.sha256(secret.encode()).digest()


def _grouped(code: str) -> str:
    return "-".join(code[place : place + _GROUPS] for place in range(0, len(code), _GROUPS))
