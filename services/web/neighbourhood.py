"""A small map of a document's neighbours: what cites it on the left, what it cites on the right."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.web.link_answers import NamedWork

MOST = 12
WIDTH, LINE = 720, 30
MIDDLE = WIDTH // 2
_CHARACTERS = 28


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A work in the drawing; `y` is the middle of its line."""

    work: NamedWork
    name: str
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where everything stands, in units of the drawing."""

    citing: tuple[Neighbour, ...]
    cited: tuple[Neighbour, ...]
    height: int

    @property
    def middle(self) -> int:
        """Where the document itself stands."""
        return self.height // 2


def draw(cited: Iterable[NamedWork], citing: Iterable[NamedWork], *, of: str) -> Drawing | None:
    """The first MOST works of each side, each once and without the work `of` itself; None when there are none."""
    left, right = _first(citing, of), _first(cited, of)
    if not (left or right):
        return None
    height = LINE * max(len(left), len(right), 3)
    return Drawing(_placed(left, height), _placed(right, height), height)


def _first(works: Iterable[NamedWork], of: str) -> list[NamedWork]:
    found = {work.href: work for work in works if work.href != of}
    return list(found.values())[:MOST]


def _placed(works: list[NamedWork], height: int) -> tuple[Neighbour, ...]:
    top = (height - LINE * len(works)) // 2
    return tuple(
        Neighbour(work, _short(work.title), top + LINE * place + LINE // 2) for place, work in enumerate(works)
    )


def _short(title: str) -> str:
    return title if len(title) <= _CHARACTERS else title[: _CHARACTERS - 1].rstrip() + "…"
