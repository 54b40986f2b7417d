"""A provision through the versions held: its ranges of one wording, and who brought each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from services.policy.diffs.compare import Comparison, happened
from services.policy.diffs.domain import Amendment, Op, Pair, Part, Wordings

WORDING: frozenset[Op] = frozenset({"changed", "renumbered"})
"""What ends the life of a wording."""
ANYTHING: frozenset[Op] = frozenset({"changed", "renumbered", "moved", "status", "repealed"})
"""What is an event in a provision's history."""


class Stay(NamedTuple):
    """A provision in one of the versions."""

    at: int
    """Index of the version, oldest first."""
    part: Part
    moved: bool


@dataclass(frozen=True, slots=True)
class Range:
    """Neighbouring versions, `first` to `last`, over which a provision stayed as it was."""

    first: int
    last: int
    ops: tuple[Op, ...]
    """What began it; empty for what stood in the first version held."""
    part: Part
    """As it stood at the beginning."""
    ending: Part
    """As it stood at the end, which may differ in what ends no range."""


def lives(comparisons: Sequence[Comparison], last: Sequence[Part]) -> list[list[Stay]]:
    """For each part of the last version: all its stays, oldest first. `comparisons` lead from version to version."""
    back: list[dict[int, Part]] = [
        {pair.new.ordinal: pair.old for pair in step.pairs if pair.new and pair.old} for step in comparisons
    ]
    found = []
    for part in last:
        stays = []
        here: Part | None = part
        for at in range(len(comparisons), -1, -1):
            if here is None:
                break
            stays.append(Stay(at, here, at > 0 and here.ordinal in comparisons[at - 1].moved))
            here = back[at - 1].get(here.ordinal) if at > 0 else None
        found.append(stays[::-1])
    return found


def life(comparisons: Sequence[Comparison], at: int, part: Part) -> list[Stay]:
    """All stays of a part of version `at`, before and after, oldest first."""
    stays = lives(comparisons[:at], [part])[0]
    here: Part | None = part
    for index in range(at, len(comparisons)):
        onward = {pair.old.ordinal: pair.new for pair in comparisons[index].pairs if pair.old and here}
        here = onward.get(here.ordinal) if here else None
        if here is None:
            break
        stays.append(Stay(index + 1, here, here.ordinal in comparisons[index].moved))
    return stays


def ranges(stays: Sequence[Stay], wordings: Wordings, breaks: frozenset[Op]) -> list[Range]:
    """The ranges of a life: they follow each other without gap or overlap, from its first version to its last."""
    opening = stays[0]
    found = [Range(opening.at, opening.at, ("added",) if opening.at > 0 else (), opening.part, opening.part)]
    for before, stay in pairwise(stays):
        ops = happened(Pair(before.part, stay.part), wordings, moved=stay.moved)
        if breaks & set(ops):
            found.append(Range(stay.at, stay.at, ops, stay.part, stay.part))
        else:
            current = found[-1]
            found[-1] = Range(current.first, stay.at, current.ops, current.part, stay.part)
    return found


class Creditors:
    """Who brought what: the credits of provisions, by hash, and the amendments that each version names."""

    def __init__(self, credits: Mapping[bytes, str], amendments: Sequence[Sequence[Amendment]]) -> None:
        self._credits = credits
        self._amendments = amendments
        self._by_label: dict[str, tuple[int, Amendment]] = {}  # the first of a label, and how many stand before it
        for at, other in enumerate(other for version in amendments for other in version):
            self._by_label.setdefault(other.label, (at, other))

    def brought(self, found: Range) -> tuple[Amendment, ...]:
        """The amendments that the source names for the beginning of a range; empty when it names none.

        A historical note in the text decides. Without one these are the amendments that the version names and the one
        before did not: several when the source does not say which of them it was.
        """
        credit = self._credits.get(found.part.hash)
        if credit:
            known = self._named(credit)
            if known is None:
                return (Amendment(credit, "historical-note"),)
            return (Amendment(credit, "historical-note", known.uri, known.work),)
        if found.first == 0:
            return ()
        before = {(other.label, other.uri) for other in self._amendments[found.first - 1]}
        return tuple(other for other in self._amendments[found.first] if (other.label, other.uri) not in before)

    def _named(self, credit: str) -> Amendment | None:
        """The first amendment whose label the credit begins with: "2019, c. 18, s. 39" is of "2019, c. 18"."""
        items = credit.split(",")
        beginnings = (",".join(items[:count]) for count in range(1, len(items) + 1))
        named = [self._by_label[text] for text in beginnings if text and text in self._by_label]
        return min(named, key=lambda known: known[0])[1] if named else None
