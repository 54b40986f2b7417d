"""What it takes to turn one text into another, word by word. Pure.

Lines that are equal are found first, words only inside the lines that differ: that is fast on long texts and keeps
a change in its paragraph.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

Kind = Literal["equal", "insert", "delete"]
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|\w+|\s|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LARGEST = 400_000_000
"""Tokens on one side times tokens on the other, in bits of memory: above 50 MB a block is given as replaced whole."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring words that share a fate. A deleted run stands before the inserted one that takes its place."""

    op: Kind
    text: str


def redline(old: str, new: str) -> tuple[Run, ...]:
    """The runs from `old` to `new`: equal and delete joined are `old` exactly, equal and insert joined are `new`."""
    if old == new:
        return (Run("equal", old),) if old else ()
    return tuple(_readable(_runs(_LINE.findall(old), _LINE.findall(new), deeper=True)))


def text_before(runs: Iterable[Run]) -> str:
    """The old text of a redline."""
    return "".join(run.text for run in runs if run.op != "insert")


def text_after(runs: Iterable[Run]) -> str:
    """The new text of a redline: the redline applied to the old text."""
    return "".join(run.text for run in runs if run.op != "delete")


def word_counts(runs: Iterable[Run]) -> tuple[int, int]:
    """How many words were inserted and how many deleted."""
    counts = {"equal": 0, "insert": 0, "delete": 0}
    for run in runs:
        counts[run.op] += len(run.text.split())
    return counts["insert"], counts["delete"]


def _runs(old: Sequence[str], new: Sequence[str], *, deeper: bool) -> Iterator[Run]:
    """The runs between two lists of pieces; what differs is taken apart into words when `deeper`."""
    deleted: list[str] = []
    inserted: list[str] = []
    for equal, before, after in _blocks(old, new):
        if not equal:
            deleted += before
            inserted += after
            continue
        yield from _replaced("".join(deleted), "".join(inserted), deeper=deeper)
        deleted, inserted = [], []
        yield Run("equal", "".join(before))
    yield from _replaced("".join(deleted), "".join(inserted), deeper=deeper)


def _replaced(deleted: str, inserted: str, *, deeper: bool) -> Iterator[Run]:
    if deeper and deleted and inserted:
        yield from _runs(_TOKEN.findall(deleted), _TOKEN.findall(inserted), deeper=False)
        return
    if deleted:
        yield Run("delete", deleted)
    if inserted:
        yield Run("insert", inserted)


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """(equal, pieces of old, pieces of new) in order, over a longest common subsequence."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start:
        yield True, old[:start], new[:start]
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if len(before) * len(after) > _LARGEST:
        yield False, before, after
    else:
        for op in Indel.opcodes(before, after):
            yield op.tag == "equal", before[op.src_start : op.src_end], after[op.dest_start : op.dest_end]
    if end:
        yield True, old[len(old) - end :], new[len(new) - end :]


def _readable(runs: Iterable[Run]) -> Iterator[Run]:
    """The same runs, without the small change: an equal run shorter than the edits on both its sides joins them."""
    edits: list[tuple[str, str]] = []  # (deleted, inserted) before each equal run
    equals: list[str] = []
    deleted = inserted = ""
    for run in runs:
        if run.op == "delete":
            deleted += run.text
        elif run.op == "insert":
            inserted += run.text
        elif equals and not deleted and not inserted:
            equals[-1] += run.text
        else:
            edits.append((deleted, inserted))
            equals.append(run.text)
            deleted = inserted = ""
    edits.append((deleted, inserted))
    kept_edits, kept_equals = [edits[0]], []
    for equal, edit in zip(equals, edits[1:], strict=True):
        kept_equals.append(equal)
        kept_edits.append(edit)
        while kept_equals and _joins(kept_edits[-2], kept_equals[-1], kept_edits[-1]):
            after, between, before = kept_edits.pop(), kept_equals.pop(), kept_edits.pop()
            kept_edits.append((before[0] + between + after[0], before[1] + between + after[1]))
    for index, (gone, come) in enumerate(kept_edits):
        if gone:
            yield Run("delete", gone)
        if come:
            yield Run("insert", come)
        if index < len(kept_equals):
            yield Run("equal", kept_equals[index])


def _joins(before: tuple[str, str], equal: str, after: tuple[str, str]) -> bool:
    if "\n" in equal or not any(before) or not any(after):
        return False
    size = len(equal)
    return size <= 3 or (size <= max(map(len, before)) and size <= max(map(len, after)) and size < 30)
