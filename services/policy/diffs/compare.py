"""From two versions to the redline between them. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, lt

from services.policy.diffs.align import align
from services.policy.diffs.domain import OPS, Change, Op, Pair, Part, Sides, Summary, Wordings
from services.policy.diffs.words import redline


@dataclass(frozen=True, slots=True)
class Finding:
    """A provision to which something happened, and what."""

    ops: tuple[Op, ...]
    pair: Pair
    place: tuple[int, int, int]
    """Findings are listed by it: in the order of the new version; what is gone stands where it stood."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What happened between two versions."""

    kept: Mapping[int, int]
    """As in Sides."""
    pairs: tuple[Pair, ...]
    """The others."""
    moved: frozenset[int]
    """Ordinals in the new version."""
    findings: tuple[Finding, ...]
    carried: Mapping[int, int]
    """Those of the kept that moved, and no finding tells of yet: see `with_carried`."""
    summary: Summary


def side_by_side(old: Sequence[Part], new: Sequence[Part]) -> Sides:
    """Two whole versions, as the database gives them without what both have."""
    standing = {(part.eid, part.hash, part.status): part.ordinal for part in old}
    places = {part.ordinal: standing.get((part.eid, part.hash, part.status)) for part in new}
    kept = {after: before for after, before in places.items() if before is not None}
    before = frozenset(kept.values())
    return Sides(
        kept,
        [part for part in old if part.ordinal not in before],
        [part for part in new if part.ordinal not in kept],
    )


def compare(old: Sequence[Part], new: Sequence[Part], wordings: Wordings) -> Comparison:
    """What happened from `old` to `new`; `wordings` has the text of every part that is not `settled`."""
    found = compare_sides(side_by_side(old, new), wordings)
    before, after = ({part.ordinal: part for part in parts} for parts in (old, new))
    return with_carried(found, [Pair(before[there], after[here]) for here, there in found.carried.items()])


def compare_sides(sides: Sides, wordings: Wordings) -> Comparison:
    """The same, short of findings of what only moved; `wordings` has the texts of `unsettled(sides)`."""
    pairs = align(sides.old, sides.new, wordings)
    partners = {pair.new.ordinal: pair.old.ordinal for pair in pairs if pair.old and pair.new}
    places = {**sides.kept, **partners}
    moved = moved_places(places)
    onward = {before: after for after, before in places.items()}
    found: list[Finding] = []
    counts: Counter[Op] = Counter()
    markup = unchanged = 0
    for pair in pairs:
        ops = happened(pair, wordings, moved=pair.new is not None and pair.new.ordinal in moved)
        if ops:
            counts.update(ops)
            found.append(Finding(ops, pair, _place(pair, onward)))
        elif pair.old and pair.new and pair.old.hash != pair.new.hash:
            markup += 1
        else:
            unchanged += 1
    carried = {here: sides.kept[here] for here in sorted(moved & sides.kept.keys())}
    counts["moved"] += len(carried)
    summary = Summary({op: counts[op] for op in OPS}, markup, unchanged + len(sides.kept) - len(carried))
    findings = tuple(sorted(found, key=attrgetter("place")))
    return Comparison(sides.kept, tuple(pairs), frozenset(moved), findings, carried, summary)


def with_carried(comparison: Comparison, pairs: Iterable[Pair]) -> Comparison:
    """The comparison with findings for `carried`, whose parts these are."""
    more = [Finding(("moved",), pair, (pair.new.ordinal, 0, 0)) for pair in pairs if pair.new]
    findings = tuple(sorted((*comparison.findings, *more), key=attrgetter("place")))
    return replace(comparison, findings=findings, carried={})


def changes_of(comparison: Comparison, wordings: Wordings) -> tuple[Change, ...]:
    """The findings with their words; `wordings` has the text of both sides of each."""
    return tuple(
        Change(
            finding.ops,
            finding.pair.old,
            finding.pair.new,
            redline(_text(finding.pair.old, wordings), _text(finding.pair.new, wordings)),
        )
        for finding in comparison.findings
    )


def happened(pair: Pair, wordings: Wordings, *, moved: bool = False) -> tuple[Op, ...]:
    """What happened to a provision, in the order of OPS; empty when nothing that is read did."""
    old, new = pair.old, pair.new
    if old is None:
        return ("added",)
    if new is None:
        return ("removed",)
    found: set[Op] = {"moved"} if moved else set()
    if old.status != new.status:
        found.add("repealed" if new.status == "repealed" else "status")
    if old.hash != new.hash:  # else whatever it holds is the same, and may not have been read
        if old.num != new.num:
            found.add("renumbered")
        if wordings[old.hash].body != wordings[new.hash].body:
            found.add("changed")
    return tuple(op for op in OPS if op in found) if found else ()


def moved_places(places: Mapping[int, int]) -> set[int]:
    """Ordinals, in the new version, of the fewest parts that must have moved for the others to be in order.

    `places` gives for those in the new version that in the old one. The others are a longest increasing subsequence of
    the old ordinals in the new order.
    """
    after = sorted(places)
    before = [places[at] for at in after]
    if all(map(lt, before, before[1:])):
        return set()
    tails: list[int] = []  # the smallest old ordinal that ends an increasing run of each length
    lengths = []
    for at in before:
        length = bisect_left(tails, at)
        tails[length : length + 1] = [at]
        lengths.append(length)
    moved, wanted = set(), len(tails) - 1
    for at, length in zip(reversed(after), reversed(lengths), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            moved.add(at)
    return moved


def _text(part: Part | None, wordings: Wordings) -> str:
    return "" if part is None else wordings[part.hash].text


def _place(pair: Pair, onward: Mapping[int, int]) -> tuple[int, int, int]:
    """The place in the new version, or for what is gone after what stood before it; `onward` leads there."""
    if pair.new is not None:
        return pair.new.ordinal, 0, 0
    if pair.old is None:
        raise ValueError("a pair has at least one side")
    before = next((onward[at] for at in range(pair.old.ordinal - 1, -1, -1) if at in onward), -1)
    return before, 1, pair.old.ordinal
