"""eIds: kept where the source has them, made by the naming convention where it has none, unique in every case.

Units get an absolute eId; elements inside a unit's content one relative to it, so that content does not change when
a section is moved to another part.
"""

import re
import unicodedata

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import HIERARCHY, PREFIXES, QUOTES, child, flat_text, local
from services.policy.imports.akoma_ntoso.structure import Unit

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_ALSO_IDENTIFIED = frozenset({"item", "recital", "citation", "attachment"})
_WORDS = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*")
_UNSAFE = re.compile(r"[^\w.\-]+")


class Targets:
    """Where the source's ids ended up: absolute eIds in this version."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}
        self._anywhere: dict[str, str] = {}

    def add(self, scope: str, element: etree._Element, eid: str) -> None:
        for name in (element.get("eId"), element.get(_XML_ID), element.get("id")):
            if name:
                self._found.setdefault((scope, name), eid)
                self._anywhere.setdefault(name, eid)

    def resolve(self, scope: str, name: str) -> str | None:
        return self._found.get((scope, name)) or self._anywhere.get(name)


def identify_units(units: list[Unit]) -> Targets:
    """Give every unit its eId, and every addressable element in its content a relative one (attribute `eId`)."""
    targets = Targets()
    used: set[str] = set()
    for unit in units:
        source = unit.eid or (unit.element.get("eId", "") if unit.own_id else "")
        wanted = _within(unit.scope, _safe(source)) if source else _made(unit)
        if unit.eid:  # an annex: its scope was named by the eId it had in the source
            wanted = _safe(unit.eid)
        unit.eid = _unique(wanted, used)
        if unit.own_id:
            targets.add(unit.scope, unit.element, unit.eid)
    for unit in units:
        source = unit.element.get("eId", "") if unit.own_id else ""
        for position, node in enumerate(unit.nodes):
            if not isinstance(node, str):
                _identify(node, unit, source, "", position, used, targets)
    return targets


def _identify(
    element: etree._Element, unit: Unit, source: str, above: str, position: int, used: set[str], targets: Targets
) -> None:
    name = local(element)
    if name == "meta":
        return
    given = element.get("eId", "")
    relative = ""
    if given:
        relative = _safe(given[len(source) + 2 :] if source and given.startswith(f"{source}__") else given)
        relative = relative.removeprefix(f"{unit.eid}__")
    elif name in HIERARCHY or name in _ALSO_IDENTIFIED:
        relative = f"{above}__{_segment(element)}" if above else _segment(element)
    if relative:
        absolute = _unique(f"{unit.eid}__{relative}", used)
        relative = absolute[len(unit.eid) + 2 :]
        targets.add(unit.scope, element, absolute)
        element.set("eId", relative)
    for below in element:
        _identify(below, unit, source, above if name in QUOTES else relative or above, position, used, targets)


def _made(unit: Unit) -> str:
    above = unit.parent.eid if unit.parent is not None else ""
    if not unit.own_id:
        return f"{above or unit.scope or local(unit.element)}__{unit.kind}".removeprefix("__")
    if unit.kind in ("section", "article") and not unit.scope:
        above = ""
    elif not above:
        above = unit.scope
    segment = _segment(unit.element) if unit.kind in HIERARCHY else PREFIXES.get(unit.kind, unit.kind)
    return f"{above}__{segment}" if above else segment


def _segment(element: etree._Element) -> str:
    """`sec_12` by its number, or by its place among its like when it has none."""
    name = local(element)
    num = child(element, "num")
    label = _number(flat_text(num)) if num is not None else ""
    if not label:
        before = sum(1 for sibling in element.itersiblings(preceding=True) if sibling.tag == element.tag)
        label = str(before + 1)
    return f"{PREFIXES.get(name, name)}_{label}"


def _number(num: str) -> str:
    """The distinguishing token of a printed number: `Article 12a` → `12a`, `(a)` → `a`."""
    tokens = _WORDS.findall(unicodedata.normalize("NFKC", num))
    counted = [token for token in tokens if any(c.isdigit() for c in token)]
    return _safe((counted or tokens[-1:] or [""])[0])


def _within(scope: str, eid: str) -> str:
    return eid if not scope or eid == scope or eid.startswith(f"{scope}__") else f"{scope}__{eid}"


def _safe(eid: str) -> str:
    return _UNSAFE.sub("-", eid).strip("-.")


def _unique(wanted: str, used: set[str]) -> str:
    eid, count = wanted, 1
    while eid in used:
        count += 1
        eid = f"{wanted}-{count}"
    used.add(eid)
    return eid
