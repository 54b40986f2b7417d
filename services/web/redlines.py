"""Redlines as they are laid out: inline or in two columns, with long unchanged stretches folded away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.web.change_answers import Change, Part, Run

FOLD_OVER = 900
"""An unchanged stretch of more characters is folded, but for its ends."""
_SHOWN = 240

Side = Literal["both", "old", "new"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: `equal`, `insert`, `delete`, or `folded` for unchanged text that opens on request."""

    op: str
    text: str

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Entry:
    """A changed provision on the page. `anchor` is its place there, `part` the newer side where there is one."""

    anchor: str
    change: Change
    part: Part

    @property
    def name(self) -> str:
        """Number and heading, as far as it has them; may be empty."""
        return " ".join(word for word in (self.part.num, self.part.heading or self.part.note) if word)

    def pieces(self, side: Side = "both") -> list[Piece]:
        """The text of both sides in one, or of one side."""
        return pieces_of(self.change.words, side)


def entries_of(changes: Iterable[Change]) -> list[Entry]:
    """The changes in their order, each with an anchor."""
    entries = []
    for number, change in enumerate(changes, 1):
        part = change.to or change.from_
        if part is not None:
            entries.append(Entry(f"change-{number}", change, part))
    return entries


def pieces_of(runs: Sequence[Run], side: Side = "both") -> list[Piece]:
    """The runs that `side` shows; what is unchanged for long is folded between the text on either side of it."""
    hidden = {"both": "", "old": "insert", "new": "delete"}[side]
    pieces: list[Piece] = []
    last = len(runs) - 1
    for place, run in enumerate(runs):
        if run.op == hidden or not run.text:
            continue
        if run.op != "equal" or len(run.text) <= FOLD_OVER:
            pieces.append(Piece(run.op, run.text))
            continue
        start = 0 if place == 0 else _after(run.text, _SHOWN)
        end = len(run.text) if place == last else _before(run.text, len(run.text) - _SHOWN)
        parts = (("equal", run.text[:start]), ("folded", run.text[start:end]), ("equal", run.text[end:]))
        pieces += [Piece(op, text) for op, text in parts if text]
    return pieces


def _after(text: str, place: int) -> int:
    found = text.find(" ", place)
    return place if found < 0 else found


def _before(text: str, place: int) -> int:
    found = text.rfind(" ", 0, place)
    return place if found < 0 else found
