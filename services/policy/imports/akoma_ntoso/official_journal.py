"""The identity of a European Union act by its printed title, for conversions whose FRBR data were left blank.

The Union's Formex to Akoma Ntoso conversions carry `FRBRuri value=""` and a date in 2999; number and date stand only
in the long title: `REGULATION (EU) 2020/2226 OF THE EUROPEAN PARLIAMENT AND OF THE COUNCIL of 23 December 2020 on …`.
"""

import re
from dataclasses import dataclass
from datetime import date

_TITLE = re.compile(
    r"(?P<kind>REGULATION|DIRECTIVE|DECISION)\s*\((?P<body>(?:EU|EC|EEC|Euratom)[^)]*)\)\s*(?:No\s*)?(?P<number>\d+/\d+)",
    re.IGNORECASE,
)
_MADE = re.compile(r"\bof\s*(\d{1,2})\s+([A-Z][a-z]+)\s+(\d{4})")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a title says."""

    kind: str
    number: str
    citation: str
    made: date | None


def from_title(title: str) -> Printed | None:
    """The identity in `title`, or None when it is no such title."""
    found = _TITLE.search(title)
    if not found:
        return None
    made = None
    dated = _MADE.search(title, found.end())
    if dated and dated[2] in _MONTHS:
        try:
            made = date(int(dated[3]), _MONTHS.index(dated[2]) + 1, int(dated[1]))
        except ValueError:
            made = None
    kind = found["kind"].lower()
    return Printed(
        kind, found["number"].replace("/", "-"), f"{kind.capitalize()} ({found['body']}) {found['number']}", made
    )
