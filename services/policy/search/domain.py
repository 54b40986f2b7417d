"""What searching yields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from services.policy.search.operators import Exact
from services.policy.search.ranking import Candidate, Ranked, Term
from services.policy.search.snippets import Segment

Sort = Literal["relevance", "date", "title"]
Facet = Literal["jurisdiction", "kind", "status", "lang", "year"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What results must be; None stands for anything. `status` is the passage's own.

    `since` and `until` are the first and last day on which the text may have begun to stand. With `as_of` they are
    among the texts that stood on that day, else among those that are current.
    """

    jurisdiction: str | None = None
    kind: str | None = None
    status: str | None = None
    subject: str | None = None
    since: date | None = None
    until: date | None = None
    as_of: date | None = None

    def values(self) -> tuple[object, ...]:
        """All of them, to tell two sets of filters apart."""
        return self.jurisdiction, self.kind, self.status, self.subject, self.since, self.until, self.as_of

    @property
    def narrows(self) -> bool:
        """Whether the work's version must be looked at, and not only the passage."""
        return any(one is not None for one in (self.subject, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Analysed:
    """A question as PostgreSQL reads it in one language: a tsquery as text, and its stems."""

    analysis: str
    langs: tuple[str, ...]
    ask: str
    terms: tuple[Term, ...]
    passages: int
    """How many passages the index held when terms were counted."""
    exact: Exact
    """What passages must match besides, where `ask` may match too much."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked, candidates, and whether there may be more than were looked at."""

    asked: Analysed
    candidates: Sequence[Candidate]
    capped: bool


class Passage(NamedTuple):
    """A found passage as stored in the indexed version. eid, num and heading are empty for a work as a whole.

    As the statement `describe` gives it, so that a page of them is made at once.
    """

    document_id: int
    place: int
    version_id: int
    ordinal: int
    """In the version; WORK for a work as a whole."""
    jurisdiction: str
    kind: str
    number: str
    title: str
    work_status: str
    lang: str
    analysis: str
    date: date
    eid: str
    num: str
    heading: str
    status: str
    text: str
    in_note: bool
    in_terms: bool
    path: Sequence[str]
    """What stands above it, outermost first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A result as it is shown."""

    passage: Passage
    match: str
    """title, citation, term, note or text: what was found."""
    score: float
    snippet: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All results in their order, before a page of them is described."""

    order: Sequence[Ranked]
    keys: dict[tuple[int, int], str]
    """Which exact key a result has, by document id and place."""
    queries: dict[str, str]
    """By analysis, the tsquery that tells where the words stand."""
    stems: dict[str, frozenset[str]]
    asked: Sequence[Analysed]
    exact: bool
    corrected: str | None = None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Beginnings of words that were asked for."""
        return tuple({term.stem for one in self.asked for term in one.terms if term.prefix})


@dataclass(frozen=True, slots=True)
class Page:
    """Results from one position on, with the positions at both ends when there is more."""

    hits: Sequence[Hit]
    total: int
    exact: bool
    corrected: str | None
    next: tuple[Any, ...] | None
    previous: tuple[Any, ...] | None
    facets: Mapping[Facet, Sequence[tuple[str, int]]]
    """Values with their counts among all that matches, most frequent first."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion; `kind` is title, citation, term or note, and eid is empty for a work as a whole."""

    text: str
    kind: str
    jurisdiction: str
    work_kind: str
    number: str
    title: str
    lang: str
    date: date
    eid: str
