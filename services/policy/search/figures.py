"""The figures that weights rest on, kept over the pages of one question.

How often a stem occurs changes while others write, and with it every score: a reader who turns pages would meet a
result twice or never. So a cursor carries the figures of the first page, and the later ones are ranked by them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.policy.search.ranking import Term


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one analysis of a question: how many passages the index held, and in how many each stem was."""

    passages: int | None = None
    """None: to be counted now."""
    stems: dict[str, int] = field(default_factory=dict)
    """Beginnings of words with a star behind them."""

    def settle(self, terms: Sequence[Term]) -> tuple[Term, ...]:
        """The terms with the figures that were kept."""
        return tuple(replace(term, passages=self.stems.get(_name(term), term.passages)) for term in terms)


class Figures:
    """Those of one question, which may be analysed several times; always in the same order."""

    def __init__(self, pinned: Sequence[Sequence[Any]] = ()) -> None:
        self._pinned = [Counts(passages, dict(stems)) for passages, stems in pinned]
        self._used: list[tuple[int, dict[str, int]]] = []

    def kept(self) -> Counts:
        """What is known for the next analysis."""
        at = len(self._used)
        return self._pinned[at] if at < len(self._pinned) else Counts()

    def use(self, passages: int, terms: Sequence[Term]) -> None:
        """Note what an analysis was ranked by."""
        self._used.append((passages, {_name(term): term.passages for term in terms}))

    @property
    def used(self) -> list[tuple[int, dict[str, int]]]:
        """What a cursor carries."""
        return self._used


def _name(term: Term) -> str:
    return term.stem + "*" * term.prefix
