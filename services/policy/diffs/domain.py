"""Versions compared provision by provision, and the redline this gives. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from services.policy.diffs.words import Run
from services.policy.documents.domain import WorkKey

Day = date
Op = Literal["changed", "added", "removed", "repealed", "moved", "renumbered", "status"]
OPS: tuple[Op, ...] = ("removed", "added", "repealed", "renumbered", "moved", "changed", "status")
"""What can happen to a provision; of several, the first names it."""


class Part(NamedTuple):  # a comparison makes thousands; a frozen dataclass takes three times as long to make
    """A provision in its place in a version, without its text."""

    version_id: int
    ordinal: int
    parent: int | None
    level: int
    kind: str
    eid: str
    num: str
    heading: str
    note: str
    lang: str
    status: str
    source_id: str
    hash: bytes
    in_force_from: Day | None
    last_amended: Day | None


@dataclass(frozen=True, slots=True)
class Wording:
    """A provision's text, by its hash."""

    text: str
    """As the plain-text format gives the provision, without the line break at its end: heading, then lines."""
    body: str
    """The same without its number."""
    credit: str = ""
    """The last amendment that the text's historical note names, as printed; empty when it has no such note."""


Wordings = Mapping[bytes, Wording]


@dataclass(frozen=True, slots=True)
class Sides:
    """Two versions side by side. Most of a law stays as it is; of that only the places are told."""

    kept: Mapping[int, int]
    """What has the same eId, text and status in both, in the new order: its ordinal there to that in the old one."""
    old: Sequence[Part]
    """The others of the old version, in order."""
    new: Sequence[Part]


class Pair(NamedTuple):
    """A provision in the old version and the same in the new one; None on a side where it is not."""

    old: Part | None
    new: Part | None


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one provision. `old` is None for an added one, `new` for a removed one."""

    ops: tuple[Op, ...]
    """All that happened, the name of it first."""
    old: Part | None
    new: Part | None
    words: tuple[Run, ...]
    """The redline of its text; equal throughout when only its place or status changed."""

    @property
    def shown(self) -> Part:
        """The provision as it is now, or as it was when it is gone."""
        part = self.new or self.old
        if part is None:
            raise ValueError("a change has at least one side")
        return part


@dataclass(frozen=True, slots=True)
class Summary:
    """How many provisions each thing happened to; one may count twice, as moved and changed."""

    ops: Mapping[str, int]
    markup: int
    """Whose text reads the same and only its markup, such as where a reference points, differs."""
    unchanged: int


@dataclass(frozen=True, slots=True)
class Amendment:
    """What amended a text, as the source names it."""

    label: str
    basis: Literal["historical-note", "amended-by"]
    """Where the source says so: beside the provision, or of the version as a whole."""
    uri: str = ""
    """FRBR address of the amending work; empty when the source gives none."""
    work: WorkKey | None = None
    """The amending work where it is held."""
