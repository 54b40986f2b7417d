"""Which known word an unknown one was meant to be."""

from collections.abc import Iterable
from dataclasses import dataclass

_RARE_SHARE = 0.001
_COMMON_USES = 20


@dataclass(frozen=True, slots=True)
class WordUse:
    """How a word of a query is used: in how many passages, and whether in a title, note or term."""

    word: str
    passages: int
    prominent: bool


def suspicion(use: WordUse, passages: int) -> str:
    """ "unknown", "rare" or nothing: how likely the word is a slip, in an index of `passages`."""
    if not use.word.isalpha() or len(use.word) < 3:
        return ""
    if not use.passages:
        return "unknown"
    return "rare" if not use.prominent and use.passages < _RARE_SHARE * passages else ""


def better_word(use: WordUse, passages: int, known: Iterable[tuple[str, int]]) -> str | None:
    """What the word was meant to be, or None. A rare word gives way only to a common one that is one slip away."""
    how = suspicion(use, passages)
    if how == "unknown":
        return closest(use.word, known)
    found = closest(use.word, [(word, uses) for word, uses in known if uses >= _COMMON_USES]) if how else None
    return found if found is not None and slips(use.word, found) == 1 else None


def closest(word: str, known: Iterable[tuple[str, int]]) -> str | None:
    """The known word (with its uses) fewest slips away from `word`; None when all are too far.

    A slip is a letter too many, too few, wrong, or swapped with its neighbour. Short words allow one, long ones three.
    """
    allowed = 1 if len(word) <= 4 else 2 if len(word) <= 8 else 3
    best = min(
        ((slips(word, other), -uses, other) for other, uses in known if abs(len(other) - len(word)) <= allowed),
        default=None,
    )
    return best[2] if best is not None and 0 < best[0] <= allowed else None


def slips(one: str, other: str) -> int:
    """The optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
