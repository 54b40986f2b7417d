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
    ordinal: int
    """Its place there."""
    part: Part
    """As it is there; where nothing was read of it there, as it is in the version nearest to it that has the same."""
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
    """For each part of the last version its stays, oldest first. `comparisons` lead from version to version.

    The first and the last stay are told, and those on both sides of each step in which anything happened; between
    these it stayed as it was.
    """
    back = [{pair.new.ordinal: pair for pair in step.pairs if pair.new} for step in comparisons]
    return [_backwards(comparisons, back, part) for part in last]


def _backwards(comparisons: Sequence[Comparison], back: Sequence[Mapping[int, Pair]], part: Part) -> list[Stay]:
    here, ordinal = part, part.ordinal
    stays = {len(comparisons): Stay(len(comparisons), ordinal, part, moved=False)}
    for at in range(len(comparisons), 0, -1):
        step = comparisons[at - 1]
        moved = ordinal in step.moved
        kept = step.kept.get(ordinal)
        if kept is not None and not moved:
            ordinal = kept
            continue
        pair = Pair(here, here) if kept is not None else back[at - 1][ordinal]
        stays[at] = Stay(at, ordinal, pair.new or here, moved)
        if pair.old is None:
            break
        here, ordinal = pair.old, pair.old.ordinal if kept is None else kept
        stays[at - 1] = Stay(at - 1, ordinal, here, moved=False)
    else:
        stays.setdefault(0, Stay(0, ordinal, here, moved=False))
    return [stays[at] for at in sorted(stays)]


def life(comparisons: Sequence[Comparison], at: int, part: Part) -> list[Stay]:
    """The same of a part of version `at`, also after it."""
    stays = {stay.at: stay for stay in lives(comparisons[:at], [part])[0]}
    here, ordinal = part, part.ordinal
    for index in range(at, len(comparisons)):
        step = comparisons[index]
        kept = next((new for new, old in step.kept.items() if old == ordinal), None)
        if kept is None:
            pair = next(pair for pair in step.pairs if pair.old and pair.old.ordinal == ordinal)
        else:
            pair = Pair(here, here)
        if kept is None or kept in step.moved:
            stays.setdefault(index, Stay(index, ordinal, pair.old or here, moved=False))
            if pair.new is None:
                break
            here, ordinal = pair.new, pair.new.ordinal if kept is None else kept
            stays[index + 1] = Stay(index + 1, ordinal, here, ordinal in step.moved)
        else:
            ordinal = kept
    else:
        stays.setdefault(len(comparisons), Stay(len(comparisons), ordinal, here, moved=False))
    return [stays[at] for at in sorted(stays)]


def ranges(stays: Sequence[Stay], wordings: Wordings, breaks: frozenset[Op]) -> list[Range]:
    """The ranges of a life: they follow each other without gap or overlap, from its first version to its last."""
    opening = stays[0]
    ops: tuple[Op, ...] = ("added",) if opening.at > 0 else ()
    found = []
    for before, stay in pairwise(stays):
        if stay.part is before.part and not stay.moved:
            continue
        came = happened(Pair(before.part, stay.part), wordings, moved=stay.moved)
        if not breaks.isdisjoint(came):
            found.append(Range(opening.at, before.at, ops, opening.part, before.part))
            opening, ops = stay, came
    found.append(Range(opening.at, stays[-1].at, ops, opening.part, stays[-1].part))
    return found


class Creditors:
    """Who brought what: the credits of provisions, by hash, and the amendments that each version names."""

    def __init__(self, credits: Mapping[bytes, str], amendments: Sequence[Sequence[Amendment]]) -> None:
        self._credits = credits
        self._amendments = amendments
        self._by_label: dict[str, tuple[int, Amendment]] = {}  # the first of a label, and how many stand before it
        for at, other in enumerate(other for version in amendments for other in version):
            self._by_label.setdefault(other.label, (at, other))
        self._credited: dict[str, tuple[Amendment, ...]] = {}

    def brought(self, found: Range) -> tuple[Amendment, ...]:
        """The amendments that the source names for the beginning of a range; empty when it names none.

        A historical note in the text decides. Without one these are the amendments that the version names and the one
        before did not: several when the source does not say which of them it was.
        """
        credit = self._credits.get(found.part.hash)
        if credit:
            if credit not in self._credited:
                self._credited[credit] = (self._amendment(credit),)
            return self._credited[credit]
        if found.first == 0:
            return ()
        before = {(other.label, other.uri) for other in self._amendments[found.first - 1]}
        return tuple(other for other in self._amendments[found.first] if (other.label, other.uri) not in before)

    def _amendment(self, credit: str) -> Amendment:
        """With where the first amendment leads whose label it begins with: "2019, c. 18, s. 39" is of "2019, c. 18"."""
        items = credit.split(",")
        beginnings = (",".join(items[:count]) for count in range(1, len(items) + 1))
        named = [self._by_label[text] for text in beginnings if text and text in self._by_label]
        if not named:
            return Amendment(credit, "historical-note")
        _, known = min(named, key=lambda known: known[0])
        return Amendment(credit, "historical-note", known.uri, known.work)
