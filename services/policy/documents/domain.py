"""Works, versions and provisions as they are read. Pure: knows no HTTP and no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.policy.documents.stored import VersionFacts
from shared.errors import NotFound, NotHeld

Day = date  # inside a class that has a field `date`, the name means the field


class WorkNotFound(NotFound):
    """No policy has this number, in this kind and jurisdiction."""


class VersionNotFound(NotFound):
    """The policy is here, but not in this language."""


class VersionNotHeld(NotHeld):
    """The date lies before the first version held; whether a text stood then is unknown here."""


class ProvisionNotFound(NotFound):
    """The version is here, but has no provision of this eId."""


@dataclass(frozen=True, slots=True)
class WorkKey:
    """What an address says about a work: `policies/{jurisdiction}/{kind}/{number}`."""

    jurisdiction: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class VersionHead:
    """A version as listed with its work."""

    id: int
    lang: str
    date: Day
    revision: int
    published: Day
    status: str
    title: str
    is_current: bool
    """Whether it is the text to show first on the day of reading."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work with what is held of it."""

    id: int
    key: WorkKey
    frbr_uri: str
    jurisdiction_names: Mapping[str, str]
    aliases: tuple[str, ...]
    versions: tuple[VersionHead, ...]
    """By language, newest first; only the last revision of a date."""

    @property
    def titles(self) -> dict[str, str]:
        """Language to the current title."""
        return {head.lang: head.title for head in self.versions if head.is_current}

    def current(self, lang: str) -> VersionHead | None:
        """The version to show first in `lang`."""
        return next((head for head in self.versions if head.lang == lang and head.is_current), None)


@dataclass(frozen=True, slots=True)
class WorkSummary:
    """A work in a list, by its current version in one language."""

    id: int
    key: WorkKey
    frbr_uri: str
    title: str
    sort_title: str
    lang: str
    date: Day
    status: str
    citations: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The text of one work in one language since one date, without its provisions."""

    id: int
    lang: str
    date: Day
    revision: int
    published: Day
    title: str
    long_title: str
    citations: tuple[str, ...]
    subjects: tuple[str, ...]
    status: str
    in_force_from: Day | None
    in_force_to: Day | None
    """The day on which a later version held took its place; None while it is the last."""
    last_amended: Day | None
    source_ids: Mapping[str, str]
    content_hash: bytes
    content_changed_at: datetime
    source_checked_at: datetime


@dataclass(frozen=True, slots=True)
class ProvisionRow:
    """A provision in its version: what rendering takes.

    `content` is inner Akoma Ntoso markup without namespace, its eIds relative to `eid`; `text` the same as plain text.
    Both are empty when only the table of contents was asked for.
    """

    kind: str
    eid: str
    num: str = ""
    heading: str = ""
    note: str = ""
    content: str = ""
    text: str = ""
    lang: str = ""
    status: str = "in-force"
    level: int = 0
    in_force_from: Day | None = None
    in_force_to: Day | None = None
    hash: bytes = b""
    ordinal: int = 0
    parent: int | None = None
    """Ordinal of the provision it stands in; None at the top."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A version in its surroundings: what one address of a text answers."""

    work: Work
    version: Version
    is_current: bool
    previous: VersionHead | None
    next: VersionHead | None
    provisions: tuple[ProvisionRow, ...] = field(default=())
    facts: VersionFacts | None = None
    """Read only where an export needs them."""
    written: str | None = None
    """The provisions as the items of a JSON array, where the database wrote them; then there are no rows."""


def standing_on(heads: Sequence[VersionHead], lang: str, day: Day) -> VersionHead:
    """The version in `lang` that stood on `day`.

    Raises VersionNotFound when the work is not held in `lang`, VersionNotHeld when `day` precedes every version.
    """
    held = sorted((head for head in heads if head.lang == lang), key=lambda head: head.date)
    if not held:
        languages = ", ".join(sorted({head.lang for head in heads})) or "none"
        raise VersionNotFound(f"This policy is not held in the language {lang}; held: {languages}.")
    standing = [head for head in held if head.date <= day]
    if not standing:
        raise VersionNotHeld(f"The first version held is of {held[0].date}; what stood on {day} is not held here.")
    return standing[-1]
