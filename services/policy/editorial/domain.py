"""Drafts as they are written and reviewed. Pure: knows no HTTP and no SQL."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from services.policy.documents.domain import WorkKey
from shared.areas import covers
from shared.errors import Conflict, Forbidden, NotFound, PreconditionFailed

Day = date
Format = Literal["markdown", "akn"]
ClashKind = Literal["both-changed", "both-added", "removed-here", "removed-there"]


class State(StrEnum):
    """Where a draft stands; which step leads where is the table draft_transition."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


WRITABLE = frozenset({State.DRAFT, State.RETURNED})


class DraftNotFound(NotFound):
    """No draft is here, or none that the caller may see: which of both is not told."""


class DraftProvisionNotFound(NotFound):
    """The draft is here, but has no provision of this eId."""


class OtherArea(Forbidden):
    """The caller works in other jurisdictions."""


class StepRefused(Conflict):
    """The draft's state does not allow the step."""


class OwnWork(Forbidden):
    """Who wrote any of a text does not decide on it."""


class StaleBase(Conflict):
    """The version that a draft began from is no longer the last one; tells both addresses, `base` and `latest`."""

    def __init__(self, detail: str, base: str | None, latest: str | None) -> None:
        super().__init__(detail, members={"base": base, "latest": latest})


class StaleDraft(PreconditionFailed):
    """If-Match names a state that others have written over; tells in `current` what is there now."""

    def __init__(self, current: dict[str, Any]) -> None:
        detail = "It was changed since you read it. Look at what changed, and send it with the new ETag."
        super().__init__(detail, members={"current": current})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step, and what they may do to drafts in general."""

    account: str
    may_write: bool
    may_read_all: bool
    may_review: bool
    request_id: str
    permissions: str
    """All that they may do, separated by spaces, for the database."""
    areas: str
    """Where they may do it, as in shared.areas."""

    def works_in(self, jurisdiction: str) -> bool:
        """Whether drafts of this jurisdiction are theirs to see and to work on."""
        return covers(self.areas, jurisdiction)


@dataclass(frozen=True, slots=True)
class Description:
    """What a draft says of its text as a whole."""

    jurisdiction: str
    kind: str
    number: str
    lang: str
    date: Day | None
    """Since which the text is to stand; None: the day on which it is published."""
    title: str
    long_title: str = ""
    citations: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    status: str = "in-force"
    in_force_from: Day | None = None

    @property
    def key(self) -> WorkKey:
        """The work it is, or will be, a version of."""
        return WorkKey(self.jurisdiction, self.kind, self.number)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft without its provisions."""

    id: str
    seq: int
    state: State
    revision: int
    owner: str
    acted_by: str
    created_at: datetime
    changed_at: datetime
    about: Description
    base_version: int | None
    base_date: Day | None
    base_revision: int | None
    published_version: int | None
    published_date: Day | None
    editors: tuple[str, ...]
    authors: tuple[str, ...]
    conflicts: tuple[str, ...]
    """eIds of provisions that the draft and its new base both changed."""

    @property
    def etag(self) -> str:
        """Names this revision of it."""
        return f'"d{self.revision}-{self.id[:8]}"'

    def is_read_by(self, actor: Actor) -> bool:
        """Reviewers see all drafts of their areas, editors their own there and those they are assigned to."""
        return actor.works_in(self.about.jurisdiction) and (actor.may_read_all or self.is_written_by(actor))

    def is_written_by(self, actor: Actor) -> bool:
        """Whether the actor may write it, in a state that allows it."""
        is_theirs = actor.account == self.owner or actor.account in self.editors
        return actor.may_write and is_theirs and actor.works_in(self.about.jurisdiction)

    def actions(self, actor: Actor) -> list[str]:
        """What the actor can do now; the database decides again when they do."""
        writes, decides = self.is_written_by(actor), actor.may_review and actor.account not in self.authors
        found: list[str] = []
        if writes and self.state in WRITABLE:
            found += ["edit", "rebase"] if self.base_version is not None else ["edit"]
            found += [] if self.conflicts else ["submit"]
        if writes and self.state is State.SUBMITTED:
            found.append("recall")
        if writes and self.state in (State.DRAFT, State.RETURNED, State.SUBMITTED):
            found.append("withdraw")
        if decides and self.state is State.SUBMITTED:
            found.append("approve")
        if decides and self.state in (State.SUBMITTED, State.APPROVED):
            found.append("return")
        if decides and self.state is State.APPROVED:
            found.append("publish")
        if decides and self.state is State.PUBLISHED:
            found.append("withdraw-version")
        if (actor.may_review or actor.account == self.owner) and self.state not in (State.PUBLISHED, State.WITHDRAWN):
            found.append("assign")
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a provision, read from how somebody wrote it."""

    format: Format
    source: str
    content: str
    text: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftProvision:
    """A provision of a draft. `position` orders them; `base_hash` is that of the same provision in the base."""

    eid: str
    position: Any
    level: int
    revision: int
    kind: str
    num: str
    heading: str
    note: str
    lang: str
    format: Format
    source: str
    content: str
    text: str
    hash: bytes
    status: str
    in_force_from: Day | None
    in_force_to: Day | None
    last_amended: Day | None
    source_id: str
    terms: tuple[str, ...]
    base_ordinal: int | None
    base_eid: str | None
    base_hash: bytes | None
    conflict: ClashKind | None
    theirs: bytes | None

    @property
    def etag(self) -> str:
        """Names this writing of it."""
        return f'"p{self.revision}-{self.hash.hex()[:12]}"'

    @property
    def is_changed(self) -> bool:
        """Whether its words are others than those of the base."""
        return self.hash != self.base_hash


def provision_hash(lang: str, kind: str, num: str, heading: str, note: str, content: str) -> bytes:
    """As imports hash a provision: what is equal is stored once."""
    return hashlib.sha256("\0".join((lang, kind, num, heading, note, content)).encode()).digest()


def outline_hash(about: Description, provisions: list[DraftProvision]) -> bytes:
    """SHA-256 over all that a draft says, in order: what was approved is what is published."""
    digest = hashlib.sha256(repr(about).encode())
    for row in provisions:
        digest.update(row.hash)
        digest.update(repr((row.level, row.eid, row.status, row.in_force_from, row.in_force_to)).encode())
    return digest.digest()
