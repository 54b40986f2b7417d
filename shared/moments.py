"""Moments as parameters of a query: a date, or a moment with its zone."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import PlainValidator


def parse_moment(value: object) -> datetime:
    """The moment, or the beginning of a date in UTC; raises ValueError for anything else."""
    text = str(value)
    try:
        is_day = len(text) == len("2026-01-31")
        found = datetime.combine(date.fromisoformat(text), time(), UTC) if is_day else datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.year < 1000:
        raise ValueError("must be a date, or a moment with its zone such as 2026-01-31T09:00:00Z")
    return found


Moment = Annotated[datetime, PlainValidator(parse_moment)]
