"""What the metadata say about time: amendments, repeals, and periods in which a provision is law."""

from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import child, fold, local
from services.policy.imports.model import ProvisionStatus, Reference, WorkStatus

_STATUS = {
    "removed": ProvisionStatus.REPEALED,
    "repealed": ProvisionStatus.REPEALED,
    "notinforce": ProvisionStatus.NOT_IN_FORCE,
    "notyetinforce": ProvisionStatus.NOT_IN_FORCE,
    "prospective": ProvisionStatus.NOT_IN_FORCE,
}
Period = tuple[date | None, date | None]
"""First day and the day after the last one."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A document's dates. `amended` and `periods` are keyed by the source's ids."""

    stands: date
    repealed: bool = False
    original: date | None = None
    amendments: tuple[date, ...] = ()
    amended_by: tuple[Reference, ...] = ()
    amended: dict[str, date] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)

    def work_status(self, *, proposed: bool) -> WorkStatus:
        if self.repealed:
            return WorkStatus.REPEALED
        return WorkStatus.PROPOSED if proposed else WorkStatus.IN_FORCE

    def provision(self, element: etree._Element) -> tuple[ProvisionStatus, Period]:
        """Standing and period of a provision, by its `status` and `period` attributes."""
        start, end = self.periods.get(element.get("period", "").lstrip("#"), (None, None))
        named = _STATUS.get(element.get("status", "").lower().replace("-", ""))
        if named is None:
            if end is not None and end <= self.stands:
                named = ProvisionStatus.REPEALED
            elif start is not None and start > self.stands:
                named = ProvisionStatus.NOT_IN_FORCE
        return named or ProvisionStatus.IN_FORCE, (start, end)


def read_lifecycle(document: etree._Element, stands: date) -> Lifecycle:
    """The lifecycle of `document`, whose text stands since `stands`; later events are left out."""
    meta = child(document, "meta")
    events: dict[str, tuple[date, str, str]] = {}
    for event in _all(meta, "lifecycle", "eventRef"):
        happened = _date(event.get("date", ""))
        if happened is not None:
            source = event.get("source", "").lstrip("#")
            events[event.get("eId", "")] = (happened, event.get("type", ""), source)
    past = [(when, kind) for when, kind, _ in events.values() if when <= stands]
    periods = _periods(meta, events)
    references, original = _references(meta)
    return Lifecycle(
        stands=stands,
        repealed=any(kind == "repeal" for _, kind in past),
        original=original,
        amendments=tuple(sorted(when for when, kind in past if kind in ("amendment", "repeal"))),
        amended_by=references,
        amended=_amended(meta, periods),
        periods=periods,
    )


def _periods(meta: etree._Element | None, events: dict[str, tuple[date, str, str]]) -> dict[str, Period]:
    found: dict[str, Period] = {}
    for group in _all(meta, "temporalData", "temporalGroup"):
        for interval in group:
            start = events.get(interval.get("start", "").lstrip("#"))
            end = events.get(interval.get("end", "").lstrip("#"))
            found[group.get("eId", "")] = (start[0] if start else None, end[0] if end else None)
            break
    return found


def _references(meta: etree._Element | None) -> tuple[tuple[Reference, ...], date | None]:
    """The amending works (passiveRef), and since when the first text stood (original)."""
    amending: dict[str, Reference] = {}
    original = None
    for name in ("passiveRef", "original"):
        for element in _all(meta, "references", name):
            href = element.get("href", "")
            if name == "original":
                original = original or _date(href.partition("@")[2])
            elif href.startswith("/akn/"):
                amending.setdefault(href, Reference(href, fold(element.get("showAs", ""))))
    return tuple(amending.values()), original


def _amended(meta: etree._Element | None, periods: dict[str, Period]) -> dict[str, date]:
    """When each provision was last changed, from the passive modifications whose force has a date."""
    found: dict[str, date] = {}
    for group in _all(meta, "analysis", "passiveModifications"):
        for change in group:
            destination, force = child(change, "destination"), child(change, "force")
            if destination is None or force is None:
                continue
            start = periods.get(force.get("period", "").lstrip("#"), (None, None))[0]
            target = destination.get("href", "").lstrip("#")
            if start is not None and (target not in found or found[target] < start):
                found[target] = start
    return found


def _all(meta: etree._Element | None, section: str, name: str) -> list[etree._Element]:
    if meta is None:
        return []
    return [e for part in meta if local(part) == section for e in part if local(e) == name]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
