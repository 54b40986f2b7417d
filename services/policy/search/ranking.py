"""How found passages are put in order. Everything that decides it is here, apart from PostgreSQL's own `ts_rank`.

A result's score is its tier plus a figure below one, so that the order of scores is the order shown. The figure is
the share of the query's weight that the passage covers: each term counts by its rarity and by where it stands (note
and heading most, then terms and headings above, title of the work, text), and long passages count less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """What kind of find it is; a higher one always comes first."""

    SOME_WORDS = 0
    ALL_WORDS = 1
    PHRASE = 2
    LITERAL = 3
    NOTE = 4
    TERM = 5
    TITLE = 6
    CITATION = 7
    PLACE = 8


_BY_KEY = {"place": Tier.PLACE, "citation": Tier.CITATION, "title": Tier.TITLE, "term": Tier.TERM, "note": Tier.NOTE}

PLACE_WEIGHTS = (0.1, 0.5, 0.4, 1.0)
"""Of D text, C number, terms and headings above, B title of the work, A note and heading."""
LENGTH_PIVOT = 40.0
LENGTH_SLOPE = 0.7
QUESTION_LENGTH_SLOPE = 1.5
"""The same where any of the words suffices: long passages have some of many words by chance."""
CANDIDATES = 400
"""Passages taken from one way of finding; more are not looked at, so that common words cost no more than rare ones."""
EXACT_CANDIDATES = 200
"""The same for exact keys and phrases."""
SORTED_CANDIDATES = 2_000
"""Passages that are put in order by date or title; of more, the first so many."""
LITERAL_CANDIDATES = 25
"""The best phrases, which are compared letter by letter."""
SPECIFIC = 5
"""More passages than this with the same note or term, and it is no exact find any more."""
RARE_ENOUGH = 800
"""Passages that the rarest terms of a question may have together, when any of them suffices."""
PHRASE_TERM_LIMIT = 20_000
"""A phrase is looked for on its own only when its rarest term is in fewer passages than this."""
_NOT_LAW = 0.6  # a passage that is not in force keeps this share of its figure
_BARE = 0.7  # so does a heading, beside the text that stands under it


@dataclass(frozen=True, slots=True)
class Term:
    """A stem of the query, or the beginning of words, and in how many passages it occurs."""

    stem: str
    passages: int
    prefix: bool = False

    @property
    def query(self) -> str:
        """The stem as a tsquery."""
        escaped = self.stem.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'" + (":*" if self.prefix else "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage as it was found. `key` names the exact key it has: citation, title, term, note, or nothing.

    It is `place` for a provision that the query names by its number and its work.
    """

    version_id: int
    ordinal: int
    key: str
    phrase: bool
    in_force: bool
    bare: bool
    """A heading without text of its own."""
    score: float
    """0 to 1, from the words alone."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the order; `position` decides it, and is unique. `by` stands before the score where one is given."""

    score: float
    version_id: int
    ordinal: int
    by: int | str | None = None

    @property
    def tier(self) -> Tier:
        """Which kind of find it is."""
        return Tier(int(self.score))

    @property
    def position(self) -> tuple[float | str, int, int]:
        """Ascending: best first."""
        return (-self.score if self.by is None else self.by, self.version_id, self.ordinal)


def weight(term: Term, passages: int) -> float:
    """Inverse document frequency: how much a term tells, in an index of `passages`."""
    return math.log(1 + max(passages, term.passages, 1) / (1 + term.passages))


def rank(candidate: Candidate, *, specific: bool = True, all_words: bool = True) -> Ranked:
    """Where a candidate stands.

    `specific` is false when more than SPECIFIC passages have such a key: a note or term that so many share tells no
    more than its words. `all_words` is false when any of the query's words sufficed.
    """
    tier = _BY_KEY.get(candidate.key)
    if tier is None or (tier <= Tier.TERM and not specific):
        tier = Tier.PHRASE if candidate.phrase else Tier.ALL_WORDS
    if not all_words:
        tier = Tier.SOME_WORDS
    figure = candidate.score * (1 if candidate.in_force else _NOT_LAW) * (_BARE if candidate.bare else 1)
    return Ranked(round(tier + min(figure, 0.999), 6), candidate.version_id, candidate.ordinal)


def raised(ranked: Ranked) -> Ranked:
    """A phrase that turned out to be the query's very words."""
    return Ranked(round(ranked.score - ranked.tier + Tier.LITERAL, 6), ranked.version_id, ranked.ordinal)


def rarest(terms: Sequence[Term]) -> list[Term]:
    """The terms to look for when any suffices: from the rarest on, until together they are in RARE_ENOUGH passages."""
    chosen: list[Term] = []
    total = 0
    for term in sorted((t for t in terms if t.passages), key=lambda t: (t.passages, t.stem)):
        total += term.passages
        if chosen and total > RARE_ENOUGH:
            break
        chosen.append(term)
    return chosen
