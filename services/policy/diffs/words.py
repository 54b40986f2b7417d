"""What it takes to turn one text into another, word by word. Pure.

Lines that are equal are found first, words only inside the lines that differ: that is fast on long texts and keeps
a change in its paragraph.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel, Postfix, Prefix

Kind = Literal["equal", "insert", "delete"]
_TOKEN = re.compile(r"[^\W\d]\w*|\s|\d+(?:[.,]\d+)*|\w+|[^\w\s]")
"""A word, a space, a number, a sign; the likeliest first, since they are tried in turn."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LARGEST = 400_000_000
"""Tokens on one side times tokens on the other, in bits of memory: above 50 MB a block is given as replaced whole."""


class Run(NamedTuple):
    """Neighbouring words that share a fate. A deleted run stands before the inserted one that takes its place."""

    op: Kind
    text: str


_Edit = tuple[str, str, str]
"""What is deleted, what is inserted in its place, and what stays the same behind that; each may be empty."""


def redline(old: str, new: str) -> tuple[Run, ...]:
    """The runs from `old` to `new`: equal and delete joined are `old` exactly, equal and insert joined are `new`."""
    if old == new:
        return (Run("equal", old),) if old else ()
    runs: list[Run] = []
    for gone, come, same in _readable(_by_lines(old, new)):
        if gone:
            runs.append(Run("delete", gone))
        if come:
            runs.append(Run("insert", come))
        if same:
            runs.append(Run("equal", same))
    return tuple(runs)


def text_before(runs: Iterable[Run]) -> str:
    """The old text of a redline."""
    return "".join(run.text for run in runs if run.op != "insert")


def text_after(runs: Iterable[Run]) -> str:
    """The new text of a redline: the redline applied to the old text."""
    return "".join(run.text for run in runs if run.op != "delete")


def word_counts(runs: Iterable[Run]) -> tuple[int, int]:
    """How many words were inserted and how many deleted."""
    counts = {"insert": 0, "delete": 0}
    for run in runs:
        if run.op != "equal":
            counts[run.op] += len(run.text.split())
    return counts["insert"], counts["delete"]


def _by_lines(old: str, new: str) -> Iterator[_Edit]:
    """The edits between two texts; a line that takes another's place is taken apart into words."""
    for gone, come, same in _edits(_LINE.findall(old), _LINE.findall(new)):
        if gone and come:
            start, end = _shared(gone, come)
            yield "", "", gone[:start]
            before, after = gone[start : len(gone) - end], come[start : len(come) - end]
            yield from _edits(_TOKEN.findall(before), _TOKEN.findall(after))
            yield "", "", gone[len(gone) - end :] + same
        else:
            yield gone, come, same


def _shared(old: str, new: str) -> tuple[int, int]:
    """How many characters both begin and end with, in whole words: most lines change in few, and need not be cut up."""
    start = max(old.rfind(space, 0, Prefix.similarity(old, new)) for space in " \n") + 1
    most = min(len(old), len(new)) - start
    first = len(old) - min(Postfix.similarity(old, new), most)  # where what they share at the end begins
    ends = [at for space in " \n" if (at := old.find(space, first)) >= 0]
    return start, len(old) - min(ends, default=len(old))


def _edits(old: Sequence[str], new: Sequence[str]) -> Iterator[_Edit]:
    """The edits between two lists of pieces, over a longest common subsequence."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start:
        yield "", "", "".join(old[:start])
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if len(before) * len(after) > _LARGEST:
        yield "".join(before), "".join(after), ""
    else:
        a = b = 0
        for block in Indel.editops(before, after).as_matching_blocks():  # the last of them is empty, and at the end
            same = block.a + block.size
            yield "".join(before[a : block.a]), "".join(after[b : block.b]), "".join(before[block.a : same])
            a, b = same, block.b + block.size
    if end:
        yield "", "", "".join(old[len(old) - end :])


def _readable(edits: Iterable[_Edit]) -> Iterator[_Edit]:
    """The same edits, without the small change: what stays is joined to the edits around it when it is shorter."""
    kept: list[tuple[str, str]] = []  # (deleted, inserted)
    equals: list[str] = []  # behind each but the last
    deleted = inserted = ""
    for gone, come, same in edits:
        deleted += gone
        inserted += come
        if not same:
            continue
        if equals and not deleted and not inserted:
            equals[-1] += same
            continue
        _keep(kept, equals, (deleted, inserted))
        equals.append(same)
        deleted = inserted = ""
    _keep(kept, equals, (deleted, inserted))
    for (gone, come), same in zip(kept, [*equals, ""], strict=True):
        yield gone, come, same


def _keep(kept: list[tuple[str, str]], equals: list[str], edit: tuple[str, str]) -> None:
    """Put an edit behind the others, joined to those that it is too near to."""
    while kept and _joins(kept[-1], equals[-1], edit):
        gone, come = kept.pop()
        between = equals.pop()
        edit = gone + between + edit[0], come + between + edit[1]
    kept.append(edit)


def _joins(before: tuple[str, str], equal: str, after: tuple[str, str]) -> bool:
    size = len(equal)
    if size >= 30 or "\n" in equal:
        return False
    least = min(max(len(before[0]), len(before[1])), max(len(after[0]), len(after[1])))
    return least > 0 and size <= max(3, least)
