"""What can be said of a day before the first text held, without a guess. Pure.

Of the first text held it is known since when the source has each provision in force, and when it last amended it. Where
both are before the day asked for, and every text held has the provision in the same words, it stood in these words
then. Of nothing else is that known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.policy.documents.domain import ProvisionRow

Day = date
State = Literal["not-held", "not-in-force"]
"""Not held: it may have read otherwise. Not in force: the provision came into force only later."""


@dataclass(frozen=True, slots=True)
class Wordings:
    """A provision of the first text held, over all texts held of its work and language."""

    eid: str
    status: str
    in_force_from: Day | None
    in_force_to: Day | None
    last_amended: Day | None
    wordings: int


@dataclass(frozen=True, slots=True)
class Given:
    """A provision that stood in these words, unchanged since the day `since`."""

    row: ProvisionRow
    since: Day


@dataclass(frozen=True, slots=True)
class Missing:
    """A provision of whose words on that day nothing is known."""

    row: ProvisionRow
    state: State


def earlier(row: ProvisionRow, held: Wordings | None, day: Day) -> Given | Missing:
    """The provision `row` of the first text held, on a day before that text."""
    start = None if held is None else held.in_force_from
    if held is None or start is None or held.status not in ("in-force", "repealed"):
        return Missing(row, "not-held")
    if day < start:
        return Missing(row, "not-in-force")
    since = max(start, held.last_amended or start)
    ended = held.in_force_to is not None and held.in_force_to <= day
    if held.wordings != 1 or day < since or ended:
        return Missing(row, "not-held")
    return Given(row, since)


def all_earlier(rows: Sequence[ProvisionRow], held: Mapping[str, Wordings], day: Day) -> tuple[Given | Missing, ...]:
    """Every provision of the first text held, in order."""
    return tuple(earlier(row, held.get(row.eid), day) for row in rows)
