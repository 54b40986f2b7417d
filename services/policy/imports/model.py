"""What every importer yields: one parsed file, independent of where the law came from.

An importer turns a source file into a `ParsedVersion`: the text of one work, in one language, at one date. Its
provisions are in document order; together they hold *all* text of the source. The pipeline stores them; it knows no
source format, and an importer knows no table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

Day = date  # inside ParsedVersion the name `date` is a field


class ProvisionStatus(StrEnum):
    """Whether a provision is law on the version's date; anything but IN_FORCE is marked wherever it is shown."""

    IN_FORCE = "in-force"
    NOT_IN_FORCE = "not-in-force"
    RELATED = "related"  # related provisions: amending or transitional text that is not part of the law itself
    REPEALED = "repealed"


class WorkStatus(StrEnum):
    """The standing of a work on the version's date."""

    IN_FORCE = "in-force"
    NOT_IN_FORCE = "not-in-force"
    REPEALED = "repealed"
    PROPOSED = "proposed"  # a bill or motion not yet decided


@dataclass(frozen=True, slots=True)
class Reference:
    """A citation found in a provision's text.

    `href` is what the source says it points at, in one of two forms: an AKN-style address (`/akn/ca/act/A-1`, perhaps
    with `~eid`), or `#eid` inside the same work. Empty when the source names no target.
    """

    href: str
    label: str


@dataclass(frozen=True, slots=True)
class ParsedProvision:
    """One addressable part of the text: a heading, a section, a schedule, a preamble.

    The unit is the section (or what the source has in its place); subsections stand inside `content` under relative
    eIds. `level` is the depth in the table of contents, 0 outermost; a provision's parent is the nearest earlier one
    of a lower level. `content` is the inner Akoma Ntoso 3.0 markup without namespace (num and heading are *not*
    repeated in it), empty for a bare heading.
    """

    kind: str
    """AKN element name: part, division, hcontainer, section, article, preface, preamble, attachment …"""
    eid: str
    """Unique in the version; AKN style: `part_1__sec_12.1`, `sched_2`."""
    level: int
    num: str = ""
    heading: str = ""
    note: str = ""
    """The marginal note, where the source has one beside the section rather than a heading above it."""
    content: str = ""
    text: str = ""
    """Plain text of `content`, white space folded, one space between blocks; without num, heading and note."""
    status: ProvisionStatus = ProvisionStatus.IN_FORCE
    in_force_from: date | None = None
    in_force_to: date | None = None
    last_amended: date | None = None
    source_id: str = ""
    """The source's own stable identifier of this provision (Justice Laws: lims:fid)."""
    lang: str = ""
    """Only where it differs from the version's language."""
    terms: tuple[str, ...] = ()
    """Defined terms, as printed, in the version's language."""
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkIdentity:
    """Which work a file belongs to. Equal identities from different files (languages, dates) are one work."""

    jurisdiction: str
    """AKN country, perhaps with locality: `ca`, `ca-port-lumen`, `eu`."""
    kind: str
    """act, regulation, bill, by-law, motion, guideline, order …"""
    number: str
    """URL-safe and unique within jurisdiction and kind: `A-1`, `SOR-2011-246`."""
    frbr_uri: str
    """`/akn/ca/act/A-1`."""
    aliases: tuple[str, ...] = ()
    """Other numbers of the same work in the same kind: `DORS-2011-246`."""


@dataclass(frozen=True, slots=True)
class ParsedVersion:
    """One file's content."""

    work: WorkIdentity
    lang: str
    """BCP 47: `en`, `fr`."""
    date: date
    """The day since which this text stands."""
    title: str
    """What people call it: the short title where there is one."""
    long_title: str = ""
    citations: tuple[str, ...] = ()
    """How it is cited, as printed: `R.S.C., 1985, c. A-1`, `SOR/2011-246`."""
    subjects: tuple[str, ...] = ()
    status: WorkStatus = WorkStatus.IN_FORCE
    in_force_from: Day | None = None
    last_amended: Day | None = None
    enabling: tuple[Reference, ...] = ()
    """For a regulation: the acts it is made under."""
    amended_by: tuple[Reference, ...] = ()
    source_ids: dict[str, str] = field(default_factory=dict)
    """The source's own names of this file or work: `{"justice-laws": "A-1", "path": "eng/acts/A-1.xml"}`."""
    provisions: tuple[ParsedProvision, ...] = ()


class ImportProblem(Exception):
    """A file that cannot be imported, said so that its owner can mend it. `line` is 1-based, 0 when unknown."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source, not yet read. `path` is relative to the source and uses `/`."""

    path: str
    size: int
    release: date | None = None
    """When its owner published it, where the source says so (a dated folder); else the import's own release date."""


class Importer(Protocol):
    """A source format. Stateless and picklable: it is called in worker processes."""

    name: str
    """As typed after `openpolicy import`: `canada-laws`, `akoma-ntoso`."""
    version: int
    """Raised when the parser yields something else for the same bytes: files are then read again."""

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        """The files this importer understands, in the order to import them; raises ImportProblem when there is none."""
        ...

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        """One file's content. Raises ImportProblem, and nothing else, for anything wrong with `data`."""
        ...
