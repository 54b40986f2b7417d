"""Small charts, drawn here as SVG; their numbers always stand beside them in a table."""

from collections.abc import Mapping
from dataclasses import dataclass

HEIGHT = 64
WIDTH = 14
GAP = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in units of the drawing, with what it stands for."""

    label: str
    value: int
    x: int
    y: int
    height: int


def yearly(counts: Mapping[str, int]) -> list[Bar]:
    """A bar for each year from the first to the last that `counts` names; none when it names fewer than two."""
    years = sorted(int(year) for year in counts)
    if len(years) < 2:
        return []
    return bars({str(year): counts.get(str(year), 0) for year in range(years[0], years[-1] + 1)})


def bars(values: Mapping[str, int]) -> list[Bar]:
    """A bar for each value, from left to right; the highest fills HEIGHT, and what is not nothing can be seen."""
    most = max(values.values(), default=0) or 1
    drawn = []
    for place, (label, value) in enumerate(values.items()):
        height = max(2, round(HEIGHT * value / most)) if value else 0
        drawn.append(Bar(label, value, place * (WIDTH + GAP), HEIGHT - height, height))
    return drawn
