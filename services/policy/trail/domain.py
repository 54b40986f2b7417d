"""What the policy service's trail tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the trail. `account` is an id, or the name of a program's user and machine; `subject` is
    what it is about: draft:ID, import:NUMBER, version:NUMBER or nothing."""

    position: int
    hash: bytes
    at: datetime
    action: str
    account: str
    subject: str
    detail: Mapping[str, str | None]
    request_id: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events; None is any. `action` is one, or the first part of several; `until` is exclusive."""

    account: str | None = None
    subject: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
