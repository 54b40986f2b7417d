"""The parameters `as_of` (in force on that day) and `known_at` (published by then), the same wherever they stand."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from services.policy.documents.addresses import iso_date
from services.policy.documents.domain import Axes
from shared.errors import Invalid
from shared.parse import Query


def _day(value: Any) -> Any:
    try:
        return iso_date(value, "") if isinstance(value, str) else value
    except Invalid as error:
        raise ValueError(error.errors[0].detail) from None


Day = Annotated[date, BeforeValidator(_day)]
"""A parameter that is a day, exactly YYYY-MM-DD."""


class KnownQuery(Query):
    """For addresses that name their day, or that are over all days."""

    known_at: Day | None = None

    def axes(self, today: date) -> Axes:
        """What was asked; on a day that is not over yet, everything held is known."""
        return Axes(today, None, known_by(self.known_at, today))


class AxesQuery(KnownQuery):
    """For addresses that are about one day and do not name it."""

    as_of: Day | None = None

    def axes(self, today: date) -> Axes:
        """What was asked."""
        return Axes(today, self.as_of, known_by(self.known_at, today))


def today() -> date:
    """The day that decides what is current: everywhere the same, in UTC."""
    return datetime.now(UTC).date()


def known_by(known_at: date | None, today: date) -> date | None:
    """The day by which texts must have been published; None where that leaves nothing out."""
    return None if known_at is None or known_at >= today else known_at
