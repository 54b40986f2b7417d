"""What is worth recording, and how an address is named without saying it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    """Everything the trail can tell."""

    REGISTERED = "account.registered"
    REGISTERED_AGAIN = "account.registered-again"
    VERIFIED = "account.verified"
    PASSWORD_CHANGED = "account.password-changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "account.password-reset"  # noqa: S105 - likewise
    EMAIL_CHANGED = "account.email-changed"
    EMAIL_RESTORED = "account.email-restored"
    RENAMED = "account.renamed"
    EXPORTED = "account.exported"
    DELETED = "account.deleted"
    SIGNED_IN = "session.signed-in"
    SIGN_IN_FAILED = "session.sign-in-failed"
    SIGNED_OUT = "session.signed-out"
    SESSION_ENDED = "session.ended"
    REAUTHENTICATED = "session.reauthenticated"
    SECOND_FACTOR_FAILED = "second-factor.failed"
    FACTOR_ADDED = "second-factor.added"
    FACTOR_REMOVED = "second-factor.removed"
    FACTORS_RESET = "second-factor.reset"
    RECOVERY_CODES_MADE = "second-factor.recovery-codes-made"
    REFRESH_REUSED = "session.refresh-reused"
    ROLE_CHANGED = "account.role-changed"
    AREAS_CHANGED = "account.areas-changed"
    DISABLED = "account.disabled"
    ENABLED = "account.enabled"
    SIGNING_KEY_ROTATED = "signing-key.rotated"
    SIGNING_KEY_DROPPED = "signing-key.dropped"
    KEY_MADE = "key.made"
    KEY_REVOKED = "key.revoked"
    PLAN_CHOSEN = "plan.chosen"
    REFUSED = "access.refused"
    LOGIN_LINKED = "login.linked"
    LOGIN_UNLINKED = "login.unlinked"
    FEDERATION_REFUSED = "login.refused"
    FIRST_ADMIN_LINKED = "first-admin.linked"
    FIRST_ADMIN_MADE = "first-admin.made"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trail. `actor` did it, `subject` is the account it was done to."""

    action: Action
    actor: UUID | None = None
    subject: UUID | None = None
    sid: UUID | None = None
    pseudonym: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


class Pseudonyms:
    """Names an e-mail address by a keyed hash: equal addresses are recognised, none can be read back."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"openpolicy audit pseudonyms", "sha256")

    def of(self, email: str) -> str:
        """32 hexadecimal characters."""
        return hmac.digest(self._key, email.encode(), "sha256").hex()[:32]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the trail, which holds no address: `actor_email` and `subject_email` are those of today,
    None when the account is gone."""

    position: int
    hash: bytes
    at: datetime
    action: str
    actor: UUID | None
    actor_email: str | None
    subject: UUID | None
    subject_email: str | None
    pseudonym: str
    sid: UUID | None
    detail: Mapping[str, str]
    request_id: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events; None is any. `action` is one, or the first part of several. `account` acted or was acted upon; with
    the `pseudonym` of its address, also what was tried with that. `until` is exclusive."""

    actor: UUID | None = None
    subject: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    account: UUID | None = None
    pseudonym: str | None = None
