"""How found passages are put in order. What decides it is here, and how words are counted in finding.sql.

A result's score is its tier plus a figure below one, so that the order of scores is the order shown. The figure is
the share of the query's weight that the passage covers: each term counts by its rarity and by where it stands (note
and heading most, then terms and headings above, title of the work, text), and long passages count less.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from operator import itemgetter
from typing import NamedTuple


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
LENGTH_PIVOT = 280.0
"""Bytes of text, note and heading."""
LENGTH_SLOPE = 0.7
QUESTION_WEIGHTS = (0.9, 0.3, 0.3, 1.0)
"""The same places, where any of the words suffices: what answers a question stands in the text."""
QUESTION_LENGTH = 380.0
"""The usual length of a passage in bytes, for BM25."""
QUESTION_LENGTH_SHARE = 0.6
"""How much the length counts in it."""
CANDIDATES = 400
"""Passages taken from one way of finding; more are not looked at, so that common words cost no more than rare ones."""
EXACT_CANDIDATES = 200
"""The same for works with the same title or citation, and for phrases."""
SORTED_CANDIDATES = 2_000
"""Passages that are put in order by date or title; of more, the first so many."""
LITERAL_CANDIDATES = 25
"""The best phrases, which are compared letter by letter."""
SPECIFIC = 5
"""More passages than this with the same note or term, and it is no exact find any more."""
KEYS = {"citation": EXACT_CANDIDATES, "title": EXACT_CANDIDATES, "term": SPECIFIC + 1, "note": SPECIFIC + 1}
"""Which exact keys are looked up, and how many passages of each are taken."""
RARE_ENOUGH = 1_000
"""Passages that the rarest terms of a question may have together, when any of them suffices."""
PHRASE_TERM_LIMIT = 20_000
"""A phrase is looked for on its own only when its rarest term is in fewer passages than this."""
_NOT_LAW = 0.6  # a passage that is not in force keeps this share of its figure
_BARE = 0.7  # so does a heading, beside the text that stands under it
_MOST = 0.999  # of a figure, so that it does not reach the next tier
_NEAR = 1e-6


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


class Candidate(NamedTuple):
    """A passage as it was found; a tuple, since a query makes hundreds.

    `keys` names the exact keys it has: citation, title, term, note, or place for a provision that the query names by
    its number and its work.
    """

    document_id: int
    place: int
    in_force: bool
    bare: bool
    """A heading without text of its own."""
    phrase: bool
    score: float
    """0 to 1, from the words alone."""
    keys: Sequence[str] | None

    @property
    def key(self) -> str:
        """The strongest exact key, or nothing."""
        return max(self.keys, key=_BY_KEY.__getitem__) if self.keys else ""


class Ranked(NamedTuple):
    """A place in the order; `position` decides it, and is unique. `by` stands before the score where one is given."""

    score: float
    document_id: int
    place: int
    by: int | str | None = None

    @property
    def tier(self) -> Tier:
        """Which kind of find it is."""
        return Tier(int(self.score))

    @property
    def position(self) -> tuple[float | str, int, int]:
        """Ascending: best first."""
        return (-self.score if self.by is None else self.by, self.document_id, self.place)


_ranked = partial(tuple.__new__, Ranked)
"""Makes one of its fields, all of them: without the call of Python code that a tuple's own class makes."""


def rank(candidates: Sequence[Candidate], *, all_words: bool = True) -> list[Ranked]:
    """Where candidates stand, as they were given.

    A note or term that more than SPECIFIC of them share tells no more than its words. `all_words` is false when any of
    the query's words sufficed.
    """
    uses = Counter([candidate.key for candidate in candidates if candidate.keys])
    tiers = {key: float(tier) for key, tier in _BY_KEY.items() if tier > Tier.TERM or uses[key] <= SPECIFIC}
    words, phrase = float(Tier.ALL_WORDS if all_words else Tier.SOME_WORDS), float(Tier.PHRASE)
    ranked = []
    for document_id, place, in_force, bare, is_phrase, figure, keys in candidates:
        tier = phrase if is_phrase else words
        if keys:
            tier = tiers.get(max(keys, key=_BY_KEY.__getitem__), tier)
        if not in_force:
            figure *= _NOT_LAW
        if bare:
            figure *= _BARE
        if figure > _MOST:
            figure = _MOST
        ranked.append((rounded(tier + figure), document_id, place, None))
    return list(map(_ranked, ranked))


def rounded(score: float) -> float:
    """`score` to six digits, as round() has it, for a third of what it costs: a query has hundreds of scores."""
    at = score * 1e6 + 0.5
    whole = int(at)
    # Of two integers the division is exact to the last bit. Near the middle between two the product may err.
    return whole / 1e6 if _NEAR < at - whole < 1 - _NEAR else round(score, 6)


def in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Best first, as their positions have it; results that have nothing but their score."""
    order = sorted(ranked, key=itemgetter(1, 2))
    order.sort(key=itemgetter(0), reverse=True)  # which leaves those of one score as they were
    return order


def raised(ranked: Ranked) -> Ranked:
    """A phrase that turned out to be the query's very words."""
    return ranked._replace(score=round(ranked.score - ranked.tier + Tier.LITERAL, 6))


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
