"""A draft and a newer base, merged provision by provision over what both began from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from services.policy.editorial.domain import Description, DraftProvision


@dataclass(frozen=True, slots=True)
class Merged:
    """The provisions of the rebased draft in order, each with what of the newer base it stands on."""

    rows: list[DraftProvision]
    taken: tuple[str, ...]
    """eIds of what came from the newer base."""


def merge_description(base: Description, ours: Description, theirs: Description) -> tuple[Description, tuple[str, ...]]:
    """Fields that only the newer base changed are taken; of those that both changed ours stay, and are named."""
    taken, both = {}, []
    for field in fields(Description):
        name = field.name
        before, mine, other = getattr(base, name), getattr(ours, name), getattr(theirs, name)
        if name == "date" or other in (before, mine):
            continue
        if mine == before:
            taken[name] = other
        else:
            both.append(name)
    return replace(ours, **taken), tuple(both)


def merge(base: Sequence[DraftProvision], ours: Sequence[DraftProvision], theirs: Sequence[DraftProvision]) -> Merged:
    """Take what only the newer base changed, keep what only the draft changed, mark what both did.

    Provisions are the same by their eId. The order is the newer base's where the draft kept that of the old base, and
    else the draft's; what only one side has follows what it follows there.
    """
    old = {row.eid: row for row in base}
    mine = {row.eid: row for row in ours}
    other = {row.eid: row for row in theirs}
    chosen: dict[str, DraftProvision] = {}
    taken: list[str] = []
    for eid in dict.fromkeys([*mine, *other]):
        row, is_theirs = _choose(old.get(eid), mine.get(eid), other.get(eid))
        if row is not None:
            chosen[eid] = row
            if is_theirs:
                taken.append(eid)
    shared = [eid for eid in old if eid in mine]
    kept_order = shared == [eid for eid in mine if eid in old]
    first, second = (theirs, ours) if kept_order else (ours, theirs)
    order = _woven([row.eid for row in first], [row.eid for row in second])
    rows = [replace(chosen[eid], position=at) for at, eid in enumerate(eid for eid in order if eid in chosen)]
    return Merged(rows, tuple(taken))


def _choose(
    old: DraftProvision | None, mine: DraftProvision | None, other: DraftProvision | None
) -> tuple[DraftProvision | None, bool]:
    """What of the three stays, on the newer base, and whether it is the newer base's."""
    if other is None:
        return _gone_there(old, mine), False
    if mine is None:
        if old is None:
            return other, True
        return (
            (None, False) if _same(old, other) else (replace(other, conflict="removed-here", theirs=other.hash), False)
        )
    if _same(mine, other) or (old is not None and _same(mine, old)):
        return other, not _same(mine, other)
    if old is not None and _same(other, old):
        return _onto(mine, other), False
    return replace(_onto(mine, other), conflict="both-changed" if old else "both-added", theirs=other.hash), False


def _gone_there(old: DraftProvision | None, mine: DraftProvision | None) -> DraftProvision | None:
    if mine is None or (old is not None and _same(mine, old)):
        return None
    row = replace(mine, base_ordinal=None, base_eid=None, base_hash=None)
    return row if old is None else replace(row, conflict="removed-there", theirs=None)


def _onto(mine: DraftProvision, other: DraftProvision) -> DraftProvision:
    """The draft's words, with the newer base beneath."""
    return replace(
        mine, base_ordinal=other.base_ordinal, base_eid=other.base_eid, base_hash=other.base_hash,
        source_id=other.source_id, last_amended=other.last_amended,
    )  # fmt: skip


def _same(one: DraftProvision, two: DraftProvision) -> bool:
    return _said(one) == _said(two)


def _said(row: DraftProvision) -> tuple[object, ...]:
    return row.hash, row.level, row.status, row.in_force_from, row.in_force_to


def _woven(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """`first`, and what only `second` has, each after what it follows there."""
    held = set(first)
    following: dict[str | None, list[str]] = {}
    before: str | None = None
    for eid in second:
        if eid in held:
            before = eid
        else:
            following.setdefault(before, []).append(eid)
    woven = list(following.get(None, ()))
    for eid in first:
        woven += [eid, *following.get(eid, ())]
    return woven
