"""Which work cites which, and what depends on what. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.policy.documents.domain import WorkKey

Day = date  # inside a class that has a field `date`, the name means the field
Direction = Literal["out", "in"]
Relation = Literal["cites", "enabled-by", "amended-by"]
State = Literal["resolved", "not-found", "not-held", "outside"]
"""Whether what is cited is held: all of it; its work but no such provision; not its work; nothing of whose law it is.
The view citation_link decides."""
STATES: tuple[State, ...] = ("resolved", "not-found", "not-held", "outside")
DEPENDS: tuple[Relation, ...] = ("cites", "enabled-by")
"""By these a text depends on another; what amended a text has done its work and is not depended upon."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cited work that is held, by its current version in the citing language, or else in its first."""

    key: WorkKey
    title: str
    lang: str
    date: date


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation in a current version, with the work at its other end where that is held."""

    version_id: int
    ordinal: int
    """Of the citing provision in its version; -1: the work as a whole."""
    seq: int
    relation: str
    """cites, enabled-by, amended-by"""
    label: str
    """As printed; may be empty."""
    citing: WorkKey
    citing_title: str
    lang: str
    date: Day
    """Of the citing version."""
    eid: str
    """Of the citing provision; empty for the work as a whole."""
    num: str
    """Of the citing provision, as printed."""
    target_uri: str
    target_eid: str
    state: str
    target: Target | None
    """None while the cited work is not held."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which citations to list; None is any. `day` decides which versions are current."""

    direction: Direction
    day: Day
    lang: str | None = None
    relation: Relation | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Dependant:
    """A work that depends on another one, over `depth` steps."""

    work_id: int
    depth: int
    relations: tuple[str, ...]
    """How its text depends on works one step nearer."""
    via: int
    """Id of one such work."""


@dataclass(frozen=True, slots=True)
class ShownWork:
    """A work by its current title."""

    id: int
    key: WorkKey
    title: str
    sort_title: str
    status: str
