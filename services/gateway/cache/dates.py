"""Dates in header fields (RFC 9110, 5.6.7): the form in use, and the two older ones."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_FORMS = (
    re.compile(r"[a-z]{3}, (?P<day>\d\d) (?P<month>[a-z]{3}) (?P<year>\d{4}) (?P<time>\d\d:\d\d:\d\d) gmt"),
    re.compile(r"[a-z]{6,9}, (?P<day>\d\d)-(?P<month>[a-z]{3})-(?P<year>\d\d) (?P<time>\d\d:\d\d:\d\d) gmt"),
    re.compile(r"[a-z]{3} (?P<month>[a-z]{3}) (?P<day>[ \d]\d) (?P<time>\d\d:\d\d:\d\d) (?P<year>\d{4})"),
)
_MOST_YEARS_AHEAD = 50


@lru_cache(maxsize=1024)
def http_date(text: bytes) -> float | None:
    """Seconds since 1970; None for what is no date."""
    plain = text.decode("latin-1").strip().lower()
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None:
            return _moment(match)
    return None


def _moment(match: re.Match[str]) -> float | None:
    hour, minute, second = (int(part) for part in match["time"].split(":"))
    try:
        month, day, year = _MONTHS[match["month"]], int(match["day"]), _year(match["year"])
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp()
    except (KeyError, ValueError):
        return None


def _year(digits: str) -> int:
    """Two digits mean the past century once they would lie more than fifty years ahead."""
    year = int(digits)
    if len(digits) == 4:
        return year
    now = datetime.now(UTC).year
    year += now // 100 * 100
    return year - 100 if year > now + _MOST_YEARS_AHEAD else year
