"""Cuts a document into units: headings, sections, preambles, schedules, in document order and without a remainder."""

from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import (
    ANNEX,
    ANNEXES,
    BODIES,
    CONTAINERS,
    HIERARCHY,
    POLICIES,
    QUOTES,
    UNITS,
    flat_text,
    local,
    names,
)

_OTHER_DOCUMENTS = names("debate debateReport judgment officialGazette amendmentList")


@dataclass(slots=True)
class Unit:
    """What becomes a provision. `nodes` is its content: elements, and text that stood between elements."""

    kind: str
    level: int
    element: etree._Element
    scope: str
    """The eId of the attachment it stands in, else empty: eIds and references inside are relative to it."""
    parent: "Unit | None" = None
    num: str = ""
    heading: str = ""
    note: str = ""
    nodes: list["etree._Element | str"] = field(default_factory=list)
    own_id: bool = True
    """Whether the element's own eId is this unit's; not where one element yields several units."""
    eid: str = ""

    def is_empty(self) -> bool:
        return not (self.num or self.heading or self.note or self.has_content())

    def has_content(self) -> bool:
        return any(isinstance(n, str) or _has_content(n) for n in self.nodes)


def cut(document: etree._Element) -> list[Unit]:
    """All units of `document` and of the components published with it, in document order."""
    wrapper = document.getparent()
    cutter = _Cutter(document if wrapper is None else wrapper)
    cutter.document(document, level=0, scope="", parent=None)
    if wrapper is not None:
        for sibling in wrapper:
            if local(sibling) in ANNEXES:
                cutter.annexes(sibling, level=0, scope="", parent=None)
    return [unit for unit in cutter.units if not unit.is_empty()]


class _Cutter:
    def __init__(self, root: etree._Element) -> None:
        self.units: list[Unit] = []
        self._holding = _holders_of_units(root)
        self._attachments = 0

    def document(self, document: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        self._stray(document, document.text, level=level, scope=scope, parent=parent)
        for part in document:
            self._part(part, level=level, scope=scope, parent=parent)
            self._stray(document, part.tail, level=level, scope=scope, parent=parent)

    def _part(self, part: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        name = local(part)
        if name != "meta":
            if name in BODIES:
                self.body(part, level=level, scope=scope, parent=parent)
            elif name in ANNEXES:
                self.annexes(part, level=level, scope=scope, parent=parent)
            elif name in HIERARCHY:
                self.hierarchy(part, level=level, scope=scope, parent=parent)
            else:
                self.units.append(self._leaf(part, level=level, scope=scope, parent=parent))

    def body(self, body: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        loose: list[etree._Element | str] = _text(body.text)
        for part in body:
            name = local(part)
            if name in HIERARCHY or name in ANNEX or name == "crossHeading":
                self._loose(body, "content", loose, level=level, scope=scope, parent=parent)
                loose = []
                if name in ANNEX:
                    self.annex(part, level=level, scope=scope, parent=parent)
                else:
                    self.hierarchy(part, level=level, scope=scope, parent=parent)
            else:
                loose.append(part)
            loose += _text(part.tail)
        self._loose(body, "content", loose, level=level, scope=scope, parent=parent)

    def hierarchy(self, element: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        unit = self._leaf(element, level=level, scope=scope, parent=parent)
        self.units.append(unit)
        if not self._is_container(element):
            return
        children, unit.nodes = unit.nodes, []
        loose: list[etree._Element | str] = unit.nodes
        for node in children:
            if isinstance(node, str) or local(node) not in HIERARCHY | {"crossHeading"}:
                loose.append(node)
                continue
            if loose is not unit.nodes:
                self._loose(element, "wrapUp", loose, level=level + 1, scope=scope, parent=unit)
            self.hierarchy(node, level=level + 1, scope=scope, parent=unit)
            loose = []
        if loose is not unit.nodes:
            self._loose(element, "wrapUp", loose, level=level + 1, scope=scope, parent=unit)

    def annexes(self, element: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        self._stray(element, element.text, level=level, scope=scope, parent=parent)
        for part in element:
            if local(part) in ANNEX:
                self.annex(part, level=level, scope=scope, parent=parent)
            else:
                self.units.append(self._leaf(part, level=level, scope=scope, parent=parent))
            self._stray(element, part.tail, level=level, scope=scope, parent=parent)

    def _stray(self, element: etree._Element, text: str | None, *, level: int, scope: str, parent: Unit | None) -> None:
        """Text where the format foresees none."""
        self._loose(element, "content", _text(text), level=level, scope=scope, parent=parent)

    def annex(self, element: etree._Element, *, level: int, scope: str, parent: Unit | None) -> None:
        """A heading for the annex and its own units below; one unit where it holds nothing but running text."""
        unit = self._leaf(element, level=level, scope=scope, parent=parent)
        inner = [n for n in unit.nodes if not isinstance(n, str) and local(n) in POLICIES | _OTHER_DOCUMENTS | BODIES]
        unit.nodes = [n for n in unit.nodes if n not in inner]
        if not (inner or unit.has_content() or unit.num or unit.heading or unit.note):
            return
        self.units.append(unit)
        self._attachments += 1
        unit.eid = element.get("eId") or f"{'cmp' if local(element) == 'component' else 'att'}_{self._attachments}"
        start = len(self.units)
        for document in inner:
            if local(document) in BODIES:
                self.body(document, level=level + 1, scope=unit.eid, parent=unit)
            else:
                self.document(document, level=level + 1, scope=unit.eid, parent=unit)
        below = [u for u in self.units[start:] if not u.is_empty()]
        if below and all(
            not u.num and not u.heading and not u.note and u.kind in ("content", "preface") for u in below
        ):
            unit.nodes += [node for u in below for node in u.nodes]
            del self.units[start:]
        elif not unit.num and not unit.heading and inner:
            name = inner[0].get("name", "")
            title = next(iter(e for e in inner[0].iter() if local(e) == "docTitle"), None)
            unit.heading = flat_text(title) if title is not None else name

    def _leaf(self, element: etree._Element, *, level: int, scope: str, parent: Unit | None) -> Unit:
        unit = Unit(local(element), level, element, scope, parent)
        unit.nodes += _text(element.text)
        for part in element:
            name = local(part)
            if name == "num" and not unit.num and not unit.nodes:
                unit.num = flat_text(part)
                unit.nodes += _notes(part, unit)
            elif name == "heading" and not unit.heading and not unit.note:
                unit.heading = flat_text(part)
                unit.nodes += _notes(part, unit)
            elif name != "meta":
                unit.nodes.append(part)
            unit.nodes += _text(part.tail)
        if unit.kind == "crossHeading":
            unit.num, unit.heading, unit.nodes = "", flat_text(element), _notes(element, unit)
        return unit

    def _loose(
        self,
        element: etree._Element,
        kind: str,
        nodes: list[etree._Element | str],
        *,
        level: int,
        scope: str,
        parent: Unit | None,
    ) -> None:
        """Running text that belongs to no hierarchical element."""
        if nodes:
            self.units.append(Unit(kind, level, element, scope, parent, nodes=nodes, own_id=False))

    def _is_container(self, element: etree._Element) -> bool:
        inner = [c for c in element if local(c) in HIERARCHY]
        return bool(inner) and (local(element) in CONTAINERS or element in self._holding)


def _holders_of_units(root: etree._Element) -> set[etree._Element]:
    """Elements that hold, outside quoted text, a section or the like, or a container of such."""
    holders: set[etree._Element] = set()
    for element in root.iter():
        if local(element) not in UNITS and local(element) not in CONTAINERS:
            continue
        above: list[etree._Element] = []
        parent = element.getparent()
        while parent is not None and parent not in holders and local(parent) not in QUOTES:
            above.append(parent)
            parent = parent.getparent()
        if parent is None or parent in holders:
            holders.update(above)
    return holders


def _notes(part: etree._Element, unit: Unit) -> list["etree._Element | str"]:
    """The notes that hang on a num or heading. One beside the text is the unit's marginal note; others go below it."""
    kept: list[etree._Element | str] = []
    for note in part:
        name = local(note)
        if name == "authorialNote" and note.get("placement") in ("side", "left", "right") and not unit.note:
            unit.note = flat_text(note)
            kept += _notes(note, unit)
        elif name in ("authorialNote", "noteRef"):
            paragraph = etree.Element("p")
            copied = deepcopy(note)
            copied.tail = None
            paragraph.append(copied)
            kept.append(paragraph)
        elif name != "meta":
            kept += _notes(note, unit)
    return kept


def _text(text: str | None) -> list["etree._Element | str"]:
    return [text] if text and text.strip() else []


def _has_content(element: etree._Element) -> bool:
    name = local(element)
    if name == "meta":
        return False
    if name in ("img", "noteRef") or (element.text and element.text.strip()):
        return True
    return any(_has_content(part) or bool(part.tail and part.tail.strip()) for part in element)
