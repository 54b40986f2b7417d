"""From two versions to the redline between them. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.policy.diffs.align import align
from services.policy.diffs.domain import OPS, Change, Op, Pair, Part, Summary, Wordings
from services.policy.diffs.words import redline


@dataclass(frozen=True, slots=True)
class Finding:
    """A provision to which something happened, and what."""

    ops: tuple[Op, ...]
    pair: Pair


@dataclass(frozen=True, slots=True)
class Comparison:
    """What happened between two versions, in the order of the new one; what is gone stands where it stood."""

    pairs: tuple[Pair, ...]
    moved: frozenset[int]
    """Ordinals in the new version."""
    findings: tuple[Finding, ...]
    summary: Summary


def compare(old: Sequence[Part], new: Sequence[Part], wordings: Wordings) -> Comparison:
    """What happened from `old` to `new`; `wordings` has the text of every part that is not `settled`."""
    pairs = align(old, new, wordings)
    moved = moved_places(pairs)
    partners = {pair.old.ordinal: pair.new.ordinal for pair in pairs if pair.old and pair.new}
    found: list[tuple[tuple[int, int, int], Finding]] = []
    counts: Counter[Op] = Counter()
    markup = unchanged = 0
    for pair in pairs:
        if _stays(pair, moved):
            unchanged += 1
            continue
        ops = happened(pair, wordings, moved=pair.new is not None and pair.new.ordinal in moved)
        if ops:
            counts.update(ops)
            found.append((_place(pair, partners), Finding(ops, pair)))
        elif pair.old and pair.new and pair.old.hash != pair.new.hash:
            markup += 1
        else:
            unchanged += 1
    found.sort(key=lambda placed: placed[0])
    summary = Summary({op: counts[op] for op in OPS}, markup, unchanged)
    return Comparison(tuple(pairs), frozenset(moved), tuple(finding for _, finding in found), summary)


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


def moved_places(pairs: Sequence[Pair]) -> set[int]:
    """Ordinals, in the new version, of the fewest parts that must have moved for the others to be in order.

    The others are a longest increasing subsequence of the old ordinals in the new order.
    """
    placed = [(pair.old.ordinal, pair.new.ordinal) for pair in pairs if pair.old and pair.new]
    tails: list[int] = []  # the smallest old ordinal that ends an increasing run of each length
    lengths = []
    for before, _ in placed:
        length = bisect_left(tails, before)
        tails[length : length + 1] = [before]
        lengths.append(length)
    moved, wanted = set(), len(tails) - 1
    for (_, after), length in zip(reversed(placed), reversed(lengths), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            moved.add(after)
    return moved


def _stays(pair: Pair, moved: set[int]) -> bool:
    """Whether a provision plainly stands as and where it stood, as most do."""
    old, new = pair
    return (
        old is not None
        and new is not None
        and (old.hash == new.hash and old.status == new.status and new.ordinal not in moved)
    )


def _text(part: Part | None, wordings: Wordings) -> str:
    return "" if part is None else wordings[part.hash].text


def _place(pair: Pair, partners: dict[int, int]) -> tuple[int, int, int]:
    """Where a change is listed: its place in the new version, or for what is gone after what stood before it."""
    if pair.new is not None:
        return pair.new.ordinal, 0, 0
    if pair.old is None:
        raise ValueError("a pair has at least one side")
    before = next((partners[at] for at in range(pair.old.ordinal - 1, -1, -1) if at in partners), -1)
    return before, 1, pair.old.ordinal
