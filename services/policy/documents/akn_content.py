"""Stored content as valid Akoma Ntoso: each element where the schema allows it, nothing lost, everything reversible.

Stored markup is freer than the schema: a paragraph may stand between two subsections, a quoted section inside a
list item. What would not be allowed is put in an element that is, and marked, so that reading the file back gives
the stored markup to the letter.
"""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from services.policy.documents.akn_marks import AS, MADE, WITHOUT, mark
from services.policy.documents.akn_meta import qualified
from services.policy.documents.akn_models import (
    ATTRIBUTES,
    COMMON_ATTRIBUTES,
    HEADS,
    HIERARCHY,
    INLINE,
    LANGUAGE,
    NAMED,
    TEXT,
    Model,
    is_address,
    model_of,
)
from services.policy.documents.vocabulary import ALLOWED_ELEMENTS, MATH_ELEMENTS

MATHML = "http://www.w3.org/1998/Math/MathML"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PLACEMENTS = frozenset({"side", "left", "right", "bottom", "inline"})
_WHOLE = re.compile(r"[0-9]{1,9}\Z")
_RENAMED = {"preamble": "blockContainer", "rref": "ref"}
_ENDS = frozenset({"intro", "wrapUp"})
_PARTS = frozenset({"content", "intro", "wrapUp"})
_QUOTES = frozenset({"quotedText", "quotedStructure"})
_PARAGRAPH_OUTSIDE = frozenset({"caption", "listIntroduction", "listWrapUp"})
"""Running text that only its own container may hold; elsewhere it is a paragraph."""
Node = etree._Element | str


class ContentWriter:
    """Writes the content of one provision; `eids` holds the ids given in the document so far."""

    def __init__(self, eid: str, eids: set[str]) -> None:
        self._eid, self._eids = eid, eids

    def put(self, parent: etree._Element, nodes: Sequence[Node], tag: str) -> None:
        """Append `nodes` to `parent`, an element called `tag`: what may not stand there in an element that may."""
        model = model_of(tag)
        if TEXT in model.allowed and len(nodes) == 1 and isinstance(nodes[0], str):  # most of them: a run of words
            _text(parent, nodes[0])
            return
        stage, found, end = 0, False, _last(nodes) if model.last else -1
        held, bridge = list[Node](), ""
        for at, node in enumerate(nodes):
            if TEXT not in model.allowed and not _means(node):
                held.append(node)
                continue
            name = _target(node, model)
            place = None
            if model.first:
                place = next((i for i, names in enumerate(model.first) if i >= stage and name in names), None)
            fits = name in model.allowed or (place is not None and not found) or (name in model.last and at == end)
            wanted = "" if fits else _bridge(name, model)
            if wanted != bridge or fits:
                if held:
                    self._hold(parent, held, bridge)
                held, bridge = [], wanted
            if not fits:
                held.append(node)
                found = True
                continue
            if name in model.last and not found:
                self._least(parent, model)
            if place is None or found:
                found = True
            else:
                stage = place + (name not in HEADS)
            self._node(parent, node, name)
        self._hold(parent, held, bridge)
        if not found:
            self._least(parent, model)

    def _hold(self, parent: etree._Element, nodes: Sequence[Node], bridge: str, name: str = "wrapper") -> None:
        """Append `nodes` within an element `bridge` that only serves to hold them; white space needs none."""
        end = _last(nodes) + 1
        if end:
            self.put(holder(parent, bridge, name), nodes[:end], bridge)
        for node in nodes[end:]:
            _text(parent, str(node))

    def put_in_hierarchy(self, parent: etree._Element, nodes: Sequence[Node], *, has_children: bool) -> None:
        """Append `nodes` to a hierarchical element: `content`, or intro, divisions and wrapUp in their order."""
        at = 0
        while at < len(nodes) and (name := _target(nodes[at], None)) in HEADS:
            self._node(parent, nodes[at], name)
            at += 1
        nodes = nodes[at:]
        meant = [_target(node, None) for node in nodes if _means(node)]
        if has_children or not HIERARCHY.isdisjoint(meant) or not _ENDS.isdisjoint(meant):
            self._put_divided(parent, nodes, has_children=has_children)
        elif meant == ["content"]:
            for node in nodes:
                self._node(parent, node, _target(node, None))
        else:
            self._hold(parent, nodes, "content")

    def _put_divided(self, parent: etree._Element, nodes: Sequence[Node], *, has_children: bool) -> None:
        """Around divisions: what comes before the first in `intro`, after the last in `wrapUp`, others apart."""
        end = -1 if has_children else _last(nodes)
        begun = False
        held: list[Node] = []

        def settle(*, last: bool) -> None:
            nonlocal begun, held
            run, held = held, []
            if _last(run) < 0 or not begun or last:
                self._hold(parent, run, "wrapUp" if begun else "intro")
            else:
                self._hold(holder(parent, "hcontainer", "text"), run, "content")
            begun = begun or _last(run) >= 0

        for at, node in enumerate(nodes):
            name = _target(node, None)
            if name in HIERARCHY or name in _PARTS:
                settle(last=False)
                if name in HIERARCHY or (name == "wrapUp" and at == end):
                    self._node(parent, node, name)
                elif not begun and name != "wrapUp":
                    self._node(parent, node, "intro")
                else:
                    self._node(holder(parent, "hcontainer", "text"), node, name)
                begun = True
            else:
                held.append(node)
        settle(last=not has_children)

    def _least(self, parent: etree._Element, model: Model) -> None:
        """The child that the schema asks for at least, with what it asks for in turn."""
        if model.least:
            filler = etree.SubElement(parent, qualified(model.least), {MADE: "filler"})
            self._least(filler, model_of(model.least))

    def _node(self, parent: etree._Element, node: Node, target: str) -> None:
        """Append `node` as an element called `target`."""
        if isinstance(node, str):
            _text(parent, node)
            return
        tag = str(node.tag)
        if tag in MATH_ELEMENTS:
            self._math(parent, node)
            return
        element = etree.SubElement(parent, qualified(target))
        if target != tag:
            element.set(AS, tag)
        self._attributes(element, node, target)
        nodes = list(nodes_of(node))
        if target == "foreign":
            for child in nodes:
                self._node(element, child, "math")
        elif target in HIERARCHY:
            self.put_in_hierarchy(element, nodes, has_children=False)
        elif target not in ("img", "br"):
            self.put(element, nodes, target)

    def _math(self, parent: etree._Element, node: etree._Element) -> None:
        copied = etree.SubElement(parent, f"{{{MATHML}}}{node.tag!s}", nsmap={None: MATHML})
        for name, value in node.attrib.items():
            copied.set(mark(str(name)), str(value))
        for child in nodes_of(node):
            self._node(copied, child, _target(child, None))

    def _attributes(self, element: etree._Element, node: etree._Element, target: str) -> None:
        own = ATTRIBUTES.get(target, frozenset())
        for name, value in node.attrib.items():
            name, value = str(name), str(value)
            if name == "eId":
                absolute = f"{self._eid}__{value}"
                if absolute in self._eids or not value or any(c.isspace() for c in value):
                    element.set(mark(name), value)
                else:
                    self._eids.add(absolute)
                    element.set(name, absolute)
            elif name == "lang" and LANGUAGE.match(value):
                element.set(_XML_LANG, value)
            elif (name in own or (name in COMMON_ATTRIBUTES and target != "foreign")) and _fits(name, value):
                element.set(name, value)
            else:
                element.set(mark(name), value)
        made = []
        if target in NAMED and element.get("name") is None:
            element.set("name", str(node.tag))
            made.append("name")
        if target == "img" and element.get("src") is None:
            element.set("src", "")
            made.append("src")
        if made:
            element.set(WITHOUT, " ".join(made))


def nodes_of(element: etree._Element) -> Iterator[Node]:
    """The element's content in order: text and elements."""
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            yield child
        if child.tail:
            yield child.tail


def _target(node: Node, model: Model | None) -> str:
    """What the node is called in the export, `#` for text; `model` is that of its place, None for a division."""
    if isinstance(node, str):
        return TEXT
    tag = str(node.tag)
    allowed = model.allowed if model else frozenset[str]()
    if tag in _PARAGRAPH_OUTSIDE:
        known = model is not None and any(tag in names for names in (*model.first, model.last))
        return tag if known else "p"
    if tag in ("ref", "rref", "mref"):
        # A range of provisions is a plain reference here: the standard's rref wants both its ends.
        href = node.get("href")
        return "ref" if href is not None and is_address(href) and tag != "mref" else "inline"
    if tag in ("term", "docDate"):  # the standard wants to know what it refers to, and which day it is
        return "term" if _fits("refersTo", node.get("refersTo") or "%") else "inline"
    if tag == "foreign":
        text = [node.text, *(child.tail for child in node)]
        plain = all(not (t and t.strip()) for t in text) and all(child.tag in MATH_ELEMENTS for child in node)
        return "foreign" if plain else "blockContainer"
    if tag not in ALLOWED_ELEMENTS:
        return "inline" if TEXT in allowed else "blockContainer"
    return _RENAMED.get(tag, tag)


def _bridge(name: str, model: Model) -> str:
    """What to open so that `name`, which is not allowed by `model`, gets nearer to where it is."""
    if name in MATH_ELEMENTS:
        return "foreign" if "foreign" in model.allowed else model.holder
    if TEXT in model.allowed:
        return "mod" if name in _QUOTES else "subFlow"
    if name in _QUOTES or name == TEXT or name in INLINE:
        return "p" if "p" in model.allowed else model.holder
    inside = {"li": "ul", "item": "blockList"}.get(name, "")
    if inside and inside in model.allowed:
        return inside
    return "block" if "block" in model.allowed else model.holder


def holder(parent: etree._Element, tag: str, name: str = "wrapper") -> etree._Element:
    """A new last child of `parent` that only holds others."""
    attributes = {"name": name} if tag in NAMED else {}
    return etree.SubElement(parent, qualified(tag), attributes | {MADE: "wrapper"})


def _fits(name: str, value: str) -> bool:
    if name in ("colspan", "rowspan"):
        return bool(_WHOLE.match(value))
    if name in ("href", "src"):
        return is_address(value)
    if name == "refersTo":
        return all(map(is_address, value.split()))
    return value in _PLACEMENTS if name == "placement" else True


def _means(node: Node) -> bool:
    return not isinstance(node, str) or bool(node.strip())


def _last(nodes: Sequence[Node]) -> int:
    return next((at for at in range(len(nodes) - 1, -1, -1) if _means(nodes[at])), -1)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(parent: etree._Element, text: str) -> None:
    if not text:
        return
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
