"""Which provision of one version is which of another. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from rapidfuzz.distance import Indel

from services.policy.diffs.domain import Pair, Part, Sides, Wordings

_NEAR = 0.7
"""How much of two texts must be equal for one to be the other under a new number."""
_SAME_PLACE = 0.5
"""How much, where they stand under the same eId."""
_COMPARED = 4000
"""Characters of a text that are looked at for likeness."""
_MOST_PAIRS = 4_000
"""Beyond this many possible pairs of leftovers, likeness is not looked for: it would take most of a second."""
_SHORT = 20
"""A text of fewer characters says nothing by being equal."""
_COUNTER = re.compile(r"_\d+\Z")
"""How the eId of a part without a number ends when it only counts: the third heading is another one tomorrow."""
Key = Callable[[Part], Hashable | None]


def settled(old: Sequence[Part], new: Sequence[Part]) -> set[tuple[str, bytes]]:
    """(eId, hash) of what stands unchanged at its address in both; only for other parts are texts ever needed."""
    return {(part.eid, part.hash) for part in old} & {(part.eid, part.hash) for part in new}


def unsettled(sides: Sides) -> set[bytes]:
    """The hashes of which a comparison needs the texts."""
    known = settled(sides.old, sides.new)
    return {part.hash for parts in (sides.old, sides.new) for part in parts if (part.eid, part.hash) not in known}


def align(old: Sequence[Part], new: Sequence[Part], wordings: Wordings) -> list[Pair]:
    """Every part of both, paired where it is the same provision: in the new order, then what is gone.

    The source's own identifier decides first, then an equal text, then the eId where the text is still alike, then
    likeness alone (renumbered), and at last the eId alone (replaced), unless that only counts. `wordings` has the text
    of every hash that is not settled.
    """
    matching = _Matching(old, new)
    matching.settle()
    matching.by(lambda part: (part.source_id, part.kind) if part.source_id else None)
    matching.by(lambda part: part.hash)
    matching.by(lambda part: (part.kind, _body(part, wordings)) if len(_body(part, wordings)) >= _SHORT else None)
    matching.where_same(lambda part: part.eid, lambda a, b: _likeness(a, b, wordings, _SAME_PLACE) > 0)
    matching.by_likeness(wordings)
    matching.by(lambda part: None if _COUNTER.search(part.eid) and not part.num else part.eid)
    return matching.pairs()


class _Matching:
    """Parts still without a partner, and the partners found."""

    def __init__(self, old: Sequence[Part], new: Sequence[Part]) -> None:
        self._new = new
        self._old_left = {part.ordinal: part for part in old}
        self._new_left = {part.ordinal: part for part in new}
        self._partner: dict[int, Part] = {}  # ordinal in the new version to the old part

    def settle(self) -> None:
        """Pair what has the same text at its address."""
        after = {part.eid: part for part in self._new}
        for part in list(self._old_left.values()):
            other = after.get(part.eid)
            if other is not None and other.hash == part.hash:
                self._pair(part, after.pop(part.eid))

    def by(self, key: Key) -> None:
        """Pair parts whose key is the same and is nobody else's."""
        self.where_same(key, lambda old, new: True)

    def where_same(self, key: Key, agree: Callable[[Part, Part], bool]) -> None:
        """Pair parts whose key is the same and is nobody else's, where `agree` holds of them."""
        before, after = _unique(self._old_left.values(), key), _unique(self._new_left.values(), key)
        for name, part in before.items():
            other = after.get(name)
            if other is not None and agree(part, other):
                self._pair(part, other)

    def by_likeness(self, wordings: Wordings) -> None:
        """Pair what is left with its nearest, nearest first.

        A provision in force is not the amending one that brought it, though the latter quotes it.
        """
        if len(self._old_left) * len(self._new_left) > _MOST_PAIRS:
            return
        found = [
            (-likeness, a.ordinal, b.ordinal)
            for a in self._old_left.values()
            for b in self._new_left.values()
            if a.kind == b.kind
            and b.status in (a.status, "repealed")
            and (likeness := _likeness(a, b, wordings, _NEAR)) > 0
        ]
        for _, a_ordinal, b_ordinal in sorted(found):
            if a_ordinal in self._old_left and b_ordinal in self._new_left:
                self._pair(self._old_left[a_ordinal], self._new_left[b_ordinal])

    def pairs(self) -> list[Pair]:
        """What was found, and what was not."""
        kept = [Pair(self._partner.get(part.ordinal), part) for part in self._new]
        return kept + [Pair(part, None) for part in self._old_left.values()]

    def _pair(self, old: Part, new: Part) -> None:
        self._partner[new.ordinal] = self._old_left.pop(old.ordinal)
        del self._new_left[new.ordinal]


def _unique(parts: Iterable[Part], key: Key) -> dict[Hashable, Part]:
    keyed = [(name, part) for part in parts if (name := key(part)) is not None]
    times = Counter(name for name, _ in keyed)
    return {name: part for name, part in keyed if times[name] == 1}


def _body(part: Part, wordings: Wordings) -> str:
    wording = wordings.get(part.hash)
    return "" if wording is None else wording.body


def _likeness(old: Part, new: Part, wordings: Wordings, least: float) -> float:
    """From `least` to 1; 0 for less, or for texts too short to tell."""
    a, b = _body(old, wordings)[:_COMPARED], _body(new, wordings)[:_COMPARED]
    if min(len(a), len(b)) < _SHORT:
        return 0.0
    return Indel.normalized_similarity(a, b, score_cutoff=least)
