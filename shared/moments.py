"""Moments as parameters of a query: a date, or a moment with its zone."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import PlainValidator


def parse_moment(value: object) -> datetime:
    """The moment, or the beginning of a date in UTC; raises ValueError for anything else."""
    text = str(value)
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        found = datetime.fromisoformat(text.upper())
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a date, or a moment with its zone such as 2026-01-31T09:00:00Z")


Moment = Annotated[datetime, PlainValidator(parse_moment)]
