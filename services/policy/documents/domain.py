"""Works, versions and provisions as they are read. Pure: knows no HTTP and no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.policy.documents.stored import VersionFacts
from shared.errors import Gone, NotFound, NotHeld

Day = date  # inside a class that has a field `date`, the name means the field


class WorkNotFound(NotFound):
    """No policy has this number, in this kind and jurisdiction."""


class VersionNotFound(NotFound):
    """The policy is here, but not in this language."""


class VersionNotHeld(NotHeld):
    """The date lies before the first version held; whether a text stood then is unknown here."""


class ProvisionNotFound(NotFound):
    """The version is here, but has no provision of this eId."""


class VersionWithdrawn(Gone):
    """The text was here and was withdrawn; its tombstone says when and why."""


@dataclass(frozen=True, slots=True)
class Axes:
    """When a text is asked for: the day on which it stood, and the day by which it was known."""

    today: Day
    as_of: Day | None = None
    known_at: Day | None = None
    """None: everything that is held."""

    @property
    def day(self) -> Day:
        """The day on which texts are to stand."""
        return self.as_of or self.today


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
    taken_out: Day | None = None
    """The release by which its publisher no longer carried it."""
    superseded: bool = False
    """Whether its publisher has corrected it since: another revision is the text of its date now."""
    withdrawn: bool = False
    """Whether it is known by its tombstone only."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a text that was withdrawn."""

    lang: str
    date: Day
    revision: int
    published: Day
    content_hash: bytes
    reason: str
    withdrawn_at: datetime


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
    known_at: Day | None = None
    """The day by which these versions were known; None: all that is held."""
    withdrawn: tuple[VersionHead, ...] = ()
    """What was known then and has been withdrawn since; empty unless `known_at` is given."""

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
    taken_out: Day | None
    """The release by which its publisher no longer carried it."""
    stated_status: str
    """As its source has it, whatever became of it since."""


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
    head: VersionHead
    today: Day
    previous: VersionHead | None
    next: VersionHead | None
    provisions: tuple[ProvisionRow, ...] = field(default=())
    facts: VersionFacts | None = None
    """Read only where an export needs them."""
    written: str | None = None
    """The provisions as the items of a JSON array, where the database wrote them; then there are no rows."""

    @property
    def is_current(self) -> bool:
        """Whether it is the text to show first today."""
        return self.head.is_current


def status_on(head: VersionHead, day: Day) -> str:
    """The standing of a text on `day`: one that begins later is not law yet, whatever its source calls it."""
    return "not-in-force" if head.date > day and head.status == "in-force" else head.status


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
