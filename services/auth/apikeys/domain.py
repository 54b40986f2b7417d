"""What an API key is, and what may be given to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.permissions import Permission, Role

KEEP_DEAD = timedelta(days=30)
"""How long an expired or revoked key is kept: then the audit trail tells what is still worth knowing."""


class KeyNotFound(NotFound):
    """The account has no such key."""


class TooManyKeys(Conflict):
    """The account has as many keys as it may."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept. `hint` is how it begins; `scopes` are permissions, perhaps of an earlier release."""

    id: UUID
    account_id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    plan: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A living key with what its owner's account is now."""

    key: ApiKey
    role: Role
    areas: str
    epoch: int
    account_plan: str


def check_scopes(wanted: Sequence[Permission], held: frozenset[Permission]) -> tuple[Permission, ...]:
    """The scopes of a new key, each once and in order. Raises Unprocessable for what its maker does not hold."""
    errors = tuple(
        FieldError("is more than you may do yourself", f"#/scopes/{index}")
        for index, scope in enumerate(wanted)
        if scope not in held
    )
    if errors:
        raise Unprocessable("A key cannot do more than its owner.", errors=errors)
    return tuple(sorted(set(wanted)))


def check_days(days: int, most: int) -> timedelta:
    """How long a new key lives; raises Unprocessable for more than `most` days."""
    if days > most:
        errors = (FieldError(f"may be {most} days at most", "#/expires_in_days"),)
        raise Unprocessable("Some fields are not valid.", errors=errors)
    return timedelta(days=days)
