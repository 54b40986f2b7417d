"""Changes, and the parts of a bulk export. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.policy.documents.domain import WorkKey
from shared.errors import Gone, NotFound

Event = Literal["version-published", "version-corrected", "version-withdrawn"]
Day = date  # inside a class that has a field `date`, the name means the field

PART_CHANGES = 200
"""How many changes of the log a part of the export covers."""
LINE_FORMAT = "1"
"""Changes with the form of the export's lines, so that no content is taken for that of another form."""


class ChangeNotFound(NotFound):
    """The log has no change of this number."""


class PartNotFound(NotFound):
    """No manifest of the last day named a part with this content."""


class PartGone(Gone):
    """A version of the part changed since, so that its content can no longer be given."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the log."""

    seq: int
    at: datetime
    event: Event
    version_id: int
    work: WorkKey
    lang: str
    date: Day
    revision: int
    content_hash: bytes
    replaced_by: int | None = None
    """The last change of the same version, where that is a later one; known only of a change that is read alone."""


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Some of the log, in order."""

    items: Sequence[Change]
    next: int
    """After which change to go on: everything up to it was looked at."""
    last: int
    """The end of the log when it was read."""


@dataclass(frozen=True, slots=True)
class PartRange:
    """A part to be read: the versions whose last change lies in the range, both ends included."""

    first_seq: int
    last_seq: int
    fingerprint: bytes
    """Another one as soon as one of its versions has changed again."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was read once, so that its content is known."""

    range: PartRange
    versions: int
    works: int
    size: int
    """Bytes of the NDJSON, before compression."""
    sha256: bytes
    """Of the NDJSON, before compression."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An export: its parts hold all that stands after change `seq`, except what later changes are about."""

    seq: int
    last: int
    """The end of the log. While parts are still being read for the first time, `seq` is less."""
    works: int
    parts: Sequence[Part]


def complete_parts(wanted: Sequence[PartRange], built: Mapping[bytes, Part], last: int) -> tuple[int, list[Part]]:
    """The parts from the first to before the one that is not built, and the change up to which they tell all."""
    parts: list[Part] = []
    for part in wanted:
        found = built.get(part.fingerprint)
        if found is None:
            return part.first_seq - 1, parts
        parts.append(found)
    return last, parts
