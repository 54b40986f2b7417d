"""Blame as JSON. A long act has thousands of provisions, so their members are written one after the other as text."""

from datetime import date
from functools import lru_cache
from json.encoder import encode_basestring as text

from services.policy.diffs import wire
from services.policy.diffs.domain import Amendment
from services.policy.diffs.lineage import Range
from services.policy.diffs.service import Blame, Blamed
from services.policy.documents.representations import as_json
from services.policy.documents.wire import permanent_href


def blame_json(found: Blame) -> bytes:
    """Every provision of a version with since when it reads so."""
    writer = _Writer(found)
    items = ",".join([writer.item(item) for item in found.provisions])
    return as_json(wire.blame_head(found)).removesuffix(b"}") + f',"items":[{items}]}}'.encode()


class _Writer:
    """Writes provisions; what many of them say alike is written once."""

    def __init__(self, found: Blame) -> None:
        self._found = found
        self._amended_by: dict[tuple[Amendment, ...], str] = {}

    def item(self, item: Blamed) -> str:
        part, heads = item.part, self._found.heads
        present, by = item.ranges[-1]
        href = permanent_href(self._found.work.key, heads[-1], part.eid)
        before: Range | None = None
        spans = []
        for one, amendments in item.ranges:
            spans.append(self._span(before, one, amendments))
            before = one
        return (
            f'{{"eid":{text(part.eid)},"kind":{text(part.kind)},"num":{text(part.num)},'
            f'"heading":{text(part.heading)},"note":{text(part.note)},"status":{text(part.status)},'
            f'"href":{text(href)},"since":{_day(heads[present.first].date)},'
            f'"first_held":{_truth(present.first == 0)},"in_force_from":{_day(part.in_force_from)},'
            f'"last_amended":{_day(part.last_amended)},"by":{self._by(by)},"ranges":[{",".join(spans)}]}}'
        )

    def _span(self, before: Range | None, one: Range, amendments: tuple[Amendment, ...]) -> str:
        heads = self._found.heads
        until = heads[one.last + 1].date if one.last + 1 < len(heads) else None
        op = one.ops[0] if one.ops else "first-held"
        return (
            f'{{"from":{_day(heads[one.first].date)},"until":{_day(until)},"op":"{op}",'
            f'"correction":{_truth(wire.is_correction(before, one))},"by":{self._by(amendments)}}}'
        )

    def _by(self, amendments: tuple[Amendment, ...]) -> str:
        written = self._amended_by.get(amendments)
        if written is None:
            written = self._amended_by[amendments] = as_json(wire.amended_by(amendments)).decode()
        return written


@lru_cache(maxsize=4096)
def _day(day: date | None) -> str:
    return "null" if day is None else f'"{day.isoformat()}"'


def _truth(holds: bool) -> str:
    return "true" if holds else "false"
