"""Which provision of one language is which of the other, and what changed in one of them only. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.policy.documents.domain import ProvisionRow

By = Literal["eid", "number", "position"]
Change = Literal["added", "removed", "reworded"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A provision in two languages, or in the only one that has it."""

    by: By | None
    """What shows that they are the same: the eId, the number, the place. None when one side is missing."""
    left: ProvisionRow | None
    right: ProvisionRow | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A provision whose words differ between two versions in one language."""

    eid: str
    change: Change
    num: str
    heading: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class OneSided:
    """A change in language `lang` without one in the other; `other_eid` is its like there, where it has one."""

    lang: str
    changed: Changed
    other_eid: str | None


def paired(left: Sequence[ProvisionRow], right: Sequence[ProvisionRow]) -> list[Pair]:
    """Every provision of both once, in the order of `left`; what only `right` has follows what it follows there.

    Equal eIds are a pair. The rest is compared between the same two such pairs only: an equal number of the same kind
    is a pair, and so is an equal place where both sides have equally many of a kind left.
    """
    theirs = {row.eid: index for index, row in enumerate(right)}
    match: dict[int, tuple[int, By]] = {
        index: (theirs[row.eid], "eid") for index, row in enumerate(left) if row.eid in theirs
    }
    shared = {row.eid for row in left} & theirs.keys()
    left_gaps, right_gaps = _gaps(left, shared), _gaps(right, shared)
    for anchor, mine in left_gaps.items():
        match.update(_in_gap(left, mine, right, right_gaps.get(anchor, [])))
    return _in_order(left, right, match)


def one_sided(
    changes: Mapping[str, Sequence[Changed]], likes: Mapping[str, Mapping[str, str]], langs: tuple[str, str]
) -> list[OneSided]:
    """What changed in one of `langs` only, by language and order; `likes` maps a language's eIds to the other's."""
    found = []
    for lang, other in (langs, langs[::-1]):
        also = {item.eid for item in changes[other]}
        for item in sorted(changes[lang], key=lambda item: item.ordinal):
            like = likes[lang].get(item.eid)
            if like not in also:
                found.append(OneSided(lang, item, like))
    return found


def eids_across(pairs: Sequence[Pair]) -> tuple[dict[str, str], dict[str, str]]:
    """From an eId on the left to that on the right, and back."""
    there = {pair.left.eid: pair.right.eid for pair in pairs if pair.left and pair.right}
    return there, {theirs: mine for mine, theirs in there.items()}


def _gaps(rows: Sequence[ProvisionRow], shared: Collection[str]) -> dict[str, list[int]]:
    """Indexes of what has no like by eId, by the eId that it follows; the empty one at the start."""
    gaps: dict[str, list[int]] = defaultdict(list)
    anchor = ""
    for index, row in enumerate(rows):
        if row.eid in shared:
            anchor = row.eid
        else:
            gaps[anchor].append(index)
    return gaps


def _in_gap(
    left: Sequence[ProvisionRow], mine: list[int], right: Sequence[ProvisionRow], theirs: list[int]
) -> dict[int, tuple[int, By]]:
    match: dict[int, tuple[int, By]] = {}
    free = list(theirs)
    for index in mine:
        row = left[index]
        like = next((at for at in free if row.num and (right[at].kind, right[at].num) == (row.kind, row.num)), None)
        if like is not None:
            match[index] = (like, "number")
            free.remove(like)
    for kind in {left[index].kind for index in mine}:
        ours = [index for index in mine if index not in match and left[index].kind == kind]
        others = [index for index in free if right[index].kind == kind]
        if len(ours) == len(others):
            match.update({index: (at, "position") for index, at in zip(ours, others, strict=True)})
    return match


def _in_order(
    left: Sequence[ProvisionRow], right: Sequence[ProvisionRow], match: Mapping[int, tuple[int, By]]
) -> list[Pair]:
    back = {at: index for index, (at, _) in match.items()}
    following: dict[int, list[Pair]] = defaultdict(list)  # index on the left -> what only the right has after it
    anchor = -1
    for at, row in enumerate(right):
        if at in back:
            anchor = back[at]
        else:
            following[anchor].append(Pair(None, None, row))
    pairs = following[-1]
    for index, row in enumerate(left):
        found = match.get(index)
        pairs.append(Pair(None, row, None) if found is None else Pair(found[1], row, right[found[0]]))
        pairs += following[index]
    return pairs
