"""What the policy API answers about drafts, as far as pages show it."""

from datetime import date as Day
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.web.answers import Page
from services.web.change_answers import Run


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class DraftWork(_Answer):
    """The work that a draft is of."""

    jurisdiction: str
    kind: str
    number: str
    href: str


class DraftVersion(_Answer):
    """A published version, in short."""

    date: Day
    href: str


class DraftSummary(_Answer):
    """A draft in a list. `actions` is what the caller can do now; `etag` goes with a step of the whole."""

    id: str
    etag: str
    state: str
    revision: int
    work: DraftWork
    lang: str
    date: Day | None
    title: str
    base: DraftVersion | None
    published: DraftVersion | None
    owner: str
    created_at: datetime
    changed_at: datetime
    conflicts: tuple[str, ...]
    actions: tuple[str, ...]


class DraftList(_Answer):
    """A page of drafts."""

    items: tuple[DraftSummary, ...]
    page: Page


class Theirs(_Answer):
    """What a newer text has in a provision's place."""

    num: str = ""
    heading: str = ""
    text: str = ""


class DraftConflict(_Answer):
    """What a rebase left to be settled."""

    kind: str
    theirs: Theirs | None = None


class DraftProvision(_Answer):
    """A provision of a draft. `etag` is its own, so that editors of different sections do not meet."""

    eid: str
    etag: str
    kind: str
    level: int
    num: str
    heading: str
    note: str
    lang: str
    status: str
    changed: bool
    conflict: DraftConflict | None
    format: str = ""
    source: str = ""
    html: str = ""
    markdown: str | None = None


class ReviewNote(_Answer):
    """What a reviewer said when the draft was returned; without `eid` of the whole."""

    eid: str
    text: str
    at: datetime


class Draft(DraftSummary):
    """A draft with its provisions."""

    authors: tuple[str, ...]
    notes: tuple[ReviewNote, ...]
    provisions: tuple[DraftProvision, ...]


class DraftState(_Answer):
    """Where the draft of a provision stands."""

    etag: str


class ProvisionView(_Answer):
    """A provision of a draft by itself."""

    draft: DraftState
    provision: DraftProvision


class DraftPart(_Answer):
    """A provision as a redline names it."""

    eid: str
    num: str = ""
    heading: str = ""
    note: str = ""


class DraftChange(_Answer):
    """A provision that differs from the base."""

    op: str
    ops: tuple[str, ...]
    from_: DraftPart | None = Field(alias="from")
    to: DraftPart | None
    words: tuple[Run, ...]


class DraftDiff(_Answer):
    """What a draft changes."""

    summary: dict[str, int]
    items: tuple[DraftChange, ...]


class DraftEvent(_Answer):
    """A step of a draft."""

    revision: int
    at: datetime
    by: str
    action: str
    eid: str
    to: str
    detail: Any = ""
