"""Where tools find things, and how they name them: addresses in, full public addresses out."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from services.policy.documents.addresses import ROOT, iso_date, work_key
from services.policy.documents.domain import Axes, Expression, ProvisionRow, WorkKey, WorkNotFound
from services.policy.documents.service import Alias, Elsewhere, Wanted, WorkView, read_version, read_work
from services.policy.mcp.arguments import Policy
from services.policy.search.service import Search
from services.policy.verification.addresses import cited_address
from services.policy.verification.domain import Address
from shared.db import Database
from shared.errors import Invalid
from shared.paging import Cursors

_ORIGIN = re.compile(r"https?://[^/?#]+")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What tools read from."""

    database: Database
    search: Search
    cursors: Cursors
    public_url: str
    today: date

    def public(self, href: str) -> str:
        """The full address that anybody can open."""
        return self.public_url.rstrip("/") + href


@dataclass(frozen=True, slots=True)
class Place:
    """What arguments name: a policy, and as much more as was said."""

    key: WorkKey
    lang: str | None
    day: date | None
    eid: str


def place_of(asked: Policy, day: str | None = None, eid: str | None = None) -> Place:
    """The place that arguments name; what is said beside the address counts more. Raises Invalid."""
    if asked.address is None:
        key, address = _key(asked.jurisdiction or "", asked.kind or "", asked.number or ""), None
    else:
        key, address = _read(asked.address)
    lang = asked.lang or (address.lang if address else None)
    stood = iso_date(day, "date") if day else (address.day if address else None)
    return Place(key, lang, stood, eid or (address.eid if address else ""))


async def find_work(holdings: Holdings, key: WorkKey) -> WorkView:
    """The work, also under its other numbers; raises WorkNotFound."""
    found = await read_work(holdings.database, key, holdings.today)
    if isinstance(found, Alias):
        return await find_work(holdings, found.key)
    return found


async def find_version(holdings: Holdings, place: Place, wanted: Wanted) -> Expression:
    """The version that stood on the day, in the language asked for or else the work's first."""
    key, lang, day = place.key, place.lang, place.day
    if lang is None:
        view = await find_work(holdings, key)
        key, lang = view.work.key, view.lead.lang
    while True:
        found = await read_version(holdings.database, key, lang, day, Axes(holdings.today), wanted)
        if isinstance(found, Expression):
            return found
        key = found.key
        if isinstance(found, Elsewhere):
            day = found.date


def is_law(found: Expression, status: str) -> bool:
    """Whether something of this status in this version is in force today."""
    return found.is_current and found.version.status == status == "in-force"


def standing(found: Expression, status: str, today: date) -> str:
    """One line on what the text is worth today."""
    version = found.version
    said = status if status == "in-force" else f"{status}, not current law"
    if version.status not in (status, "in-force"):
        said = f"{said}; the policy as a whole is {version.status}"
    if found.is_current:
        return f"Status: {said}. This is the text that stands today, since {version.date}."
    if version.date > today:
        return f"Status: NOT YET; this text is to stand from {version.date} on. In it: {said}."
    later = f"; another stands since {version.in_force_to}" if version.in_force_to else ""
    return f"Status: OLDER TEXT, of {version.date}{later}. In it: {said}."


def name_of(row: ProvisionRow) -> str:
    """A provision as a reader would call it."""
    return " ".join(filter(None, (row.num, row.heading or row.note))) or row.eid


def _read(text: str) -> tuple[WorkKey, Address | None]:
    path = _ORIGIN.sub("", text.strip(), count=1)
    parts = path.removeprefix(ROOT + "/").split("/")
    if path.startswith(ROOT + "/") and len(parts) == 3 and not re.search(r"[?#\s]", path):
        return _key(*(unquote(part) for part in parts)), None
    address = cited_address(text)
    return address.key, address


def _key(jurisdiction: str, kind: str, number: str) -> WorkKey:
    try:
        return work_key(jurisdiction, kind, number)
    except WorkNotFound:
        raise Invalid("No policy can have such an address.") from None
