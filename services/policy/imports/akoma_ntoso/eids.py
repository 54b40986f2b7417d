"""eIds: kept where the source has them, made by the naming convention where it has none, unique in every case.

Units get an absolute eId; elements inside a unit's content one relative to it, so that content does not change when
a section is moved to another part.
"""

import re
import unicodedata
from collections import Counter

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import HIERARCHY, PREFIXES, QUOTES, child, flat_text, local
from services.policy.imports.akoma_ntoso.structure import Unit

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_ALSO_IDENTIFIED = frozenset({"item", "recital", "citation", "attachment"})
_WORDS = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*")
_LONGEST = 200
_LONGEST_LABEL = 40
"""Characters kept of an eId in the source, and of a printed number."""
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
    naming = _Naming()
    for unit in units:
        naming.unit(unit)
    for unit in units:
        source = unit.element.get("eId", "") if unit.own_id else ""
        for node in unit.nodes:
            if not isinstance(node, str):
                naming.inside(node, unit, source, above="")
    return naming.targets


class _Naming:
    """The names given so far in one document."""

    def __init__(self) -> None:
        self.targets = Targets()
        self._used: dict[str, int] = {}
        self._places: dict[etree._Element, dict[etree._Element, int]] = {}

    def unit(self, unit: Unit) -> None:
        source = unit.element.get("eId", "") if unit.own_id else ""
        if unit.eid:  # an annex: its scope was named by the eId it had in the source
            wanted = _safe(unit.eid)
        else:
            wanted = _within(unit.scope, _safe(source)) if _safe(source) else self._made(unit)
        unit.eid = _unique(wanted, self._used)
        if unit.own_id:
            self.targets.add(unit.scope, unit.element, unit.eid)

    def inside(self, element: etree._Element, unit: Unit, source: str, *, above: str) -> None:
        """Name `element` and what is in it; `source` is the unit's eId in the source, `above` the name it stands in."""
        name = local(element)
        if name == "meta":
            return
        given = element.get("eId", "")
        relative = ""
        if _safe(given):
            relative = _safe(given.removeprefix(f"{source}__") if source else given).removeprefix(f"{unit.eid}__")
        elif name in HIERARCHY or name in _ALSO_IDENTIFIED:
            relative = f"{above}__{self._segment(element)}".removeprefix("__")
        if relative:
            absolute = _unique(f"{unit.eid}__{relative}", self._used)
            relative = absolute[len(unit.eid) + 2 :]
            self.targets.add(unit.scope, element, absolute)
            element.set("eId", relative)
        for below in element:
            self.inside(below, unit, source, above=above if name in QUOTES else relative or above)

    def _made(self, unit: Unit) -> str:
        above = unit.parent.eid if unit.parent is not None else ""
        if not unit.own_id:
            return f"{above or unit.scope or local(unit.element)}__{unit.kind}"
        if unit.kind in ("section", "article") and not unit.scope:
            above = ""
        elif not above:
            above = unit.scope
        segment = self._segment(unit.element) if unit.kind in HIERARCHY else PREFIXES.get(unit.kind, unit.kind)
        return f"{above}__{segment}" if above else segment

    def _segment(self, element: etree._Element) -> str:
        """`sec_12` by its number, or by its place among its like when it has none."""
        name = local(element)
        num = child(element, "num")
        label = _number(flat_text(num)) if num is not None else ""
        return f"{PREFIXES.get(name, name)}_{label or self._place(element)}"

    def _place(self, element: etree._Element) -> int:
        """1 for the first element of its name in its parent; counted once for all, since there may be many."""
        parent = element.getparent()
        if parent is None:
            return 1
        if parent not in self._places:
            counts: Counter[str] = Counter()
            places = self._places[parent] = {}
            for sibling in parent:
                counts[local(sibling)] += 1
                places[sibling] = counts[local(sibling)]
        return self._places[parent][element]


def _number(num: str) -> str:
    """The distinguishing token of a printed number: `Article 12a` → `12a`, `(a)` → `a`."""
    tokens = _WORDS.findall(unicodedata.normalize("NFKC", num))
    counted = [token for token in tokens if any(c.isdigit() for c in token)]
    return _safe((counted or tokens[-1:] or [""])[0][:_LONGEST_LABEL])


def _within(scope: str, eid: str) -> str:
    return eid if not scope or eid == scope or eid.startswith(f"{scope}__") else f"{scope}__{eid}"


def _safe(eid: str) -> str:
    return _UNSAFE.sub("-", eid[:_LONGEST]).strip("-.")


def _unique(wanted: str, used: dict[str, int]) -> str:
    """`wanted`, or the first `wanted-2`, `-3` … that is free; `used` keeps how far each name has been counted."""
    eid = wanted
    while eid in used:
        used[wanted] += 1
        eid = f"{wanted}-{used[wanted]}"
    used[eid] = 1
    return eid
