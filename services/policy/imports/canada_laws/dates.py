"""Dates and standing, as Justice Laws notes them on elements.

A start date in the year 9999 says that a provision has not come into force.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lxml import etree

from services.policy.imports.model import ProvisionStatus

LIMS = "{http://justice.gc.ca/lims}"
START, AMENDED, FID = f"{LIMS}inforce-start-date", f"{LIMS}lastAmendedDate", f"{LIMS}fid"
NEVER = 9999


@lru_cache(maxsize=16384)
def day(text: str | None) -> date | None:
    """An ISO date, None when there is none or it is not one."""
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def known(value: date | None) -> date | None:
    """`value` unless it stands for never."""
    return None if value is None or value.year >= NEVER else value


def not_in_force(element: etree._Element) -> bool:
    """Whether the source marks this element as not (yet) law."""
    mark = element.get("in-force")
    if mark is not None and (mark == "no" or "9999" in mark):
        return True
    started = element.get(START)
    return started is not None and started.startswith("9999")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a provision takes over from its source element."""

    status: ProvisionStatus
    in_force_from: date | None
    last_amended: date | None
    source_id: str


def standing(element: etree._Element, outer: ProvisionStatus) -> Standing:
    """Status, dates and source id of `element`, which stands inside something of status `outer`."""
    status = outer
    if status is ProvisionStatus.IN_FORCE and not_in_force(element):
        status = ProvisionStatus.NOT_IN_FORCE
    return Standing(
        status,
        known(day(element.get(START))),
        known(day(element.get(AMENDED))),
        element.get(FID, ""),
    )


def composed_date(element: etree._Element | None) -> date | None:
    """A `Date` element of YYYY, MM and DD."""
    if element is None:
        return None
    try:
        return date(*(int(element.findtext(part, "").strip()) for part in ("YYYY", "MM", "DD")))
    except (ValueError, TypeError):
        return None
