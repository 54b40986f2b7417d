"""A stored version as one Akoma Ntoso 3.0 document."""

from collections.abc import Iterable, Sequence

from lxml import etree

from services.policy.documents.akn_meta import NAMESPACE, frbr_meta, qualified
from services.policy.documents.stored import DescribedVersion, StoredProvision, parse_content
from services.policy.documents.vocabulary import MATH_ELEMENTS


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MATHML = "http://www.w3.org/1998/Math/MathML"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DOCS = _names(
    """motion guideline policy procedure plan notice circular resolution standard document collection statement"""
)
"""Kinds of work that are not law in form: a `doc` rather than an `act`."""
_HIERARCHY = _names(
    """alinea article book chapter clause division hcontainer indent level list paragraph part point proviso rule
    section subchapter subclause subdivision sublist subparagraph subpart subrule subsection subtitle title tome
    transitional"""
)
_WRAPPERS = _names("citations recitals container longTitle")
"""What a stored blockContainer is called again in a preface or preamble."""
_FRONT = ("coverPage", "preface", "preamble")
_STATUS = {"repealed": "removed"}


def version_akn(version: DescribedVersion, rows: Iterable[StoredProvision]) -> bytes:
    """The whole version, with FRBR metadata and absolute eIds, as UTF-8 with an XML declaration.

    What Akoma Ntoso has no word for is kept as a class: `notInForce`, `related`. Raises nothing for stored rows.
    """
    root = etree.Element(qualified("akomaNtoso"), nsmap={None: NAMESPACE})
    name = "bill" if version.kind == "bill" else "doc" if version.kind in _DOCS else "act"
    document = etree.SubElement(root, qualified(name), {"name": version.kind, "contains": "singleVersion"})
    frbr_meta(etree.SubElement(document, qualified("meta")), version, "main")
    rows = list(rows)
    if not any(row.kind in _FRONT for row in rows):
        preface = etree.SubElement(document, qualified("preface"))
        long = etree.SubElement(preface, qualified("longTitle"))
        paragraph = etree.SubElement(long, qualified("p"))
        etree.SubElement(paragraph, qualified("docTitle")).text = version.long_title or version.title
    _fill(document, version, rows, "mainBody" if name == "doc" else "body")
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


def _fill(document: etree._Element, version: DescribedVersion, rows: Sequence[StoredProvision], body_name: str) -> None:
    """Put `rows` in the parts of `document` where they belong; each row's descendants follow it."""
    parts: dict[str, list[list[StoredProvision]]] = {"front": [], "body": [], "conclusions": [], "annexes": []}
    top = min((row.level for row in rows), default=0)
    for row in rows:
        if row.level == top or not parts["front"] + parts["body"] + parts["conclusions"] + parts["annexes"]:
            place = parts[_place(row)]
            place.append([row])
        else:
            place[-1].append(row)
    for group in parts["front"]:
        _plain_part(document, group)
    body = etree.SubElement(document, qualified(body_name))
    for group in parts["body"]:
        _nest(body, group)
    for group in parts["conclusions"]:
        _plain_part(document, group)
    if parts["annexes"]:
        holder = etree.SubElement(document, qualified("attachments"))
        for group in parts["annexes"]:
            _annex(holder, version, group)


def _place(row: StoredProvision) -> str:
    if row.kind in _FRONT:
        return "front"
    if row.kind == "conclusions":
        return "conclusions"
    return "annexes" if row.kind in ("attachment", "annex", "component") else "body"


def _plain_part(document: etree._Element, group: Sequence[StoredProvision]) -> None:
    first = group[0]
    part = etree.SubElement(document, qualified(first.kind))
    _mark(part, first)
    if first.num or first.heading or first.note:
        etree.SubElement(part, qualified("p")).text = " ".join(t for t in (first.num, first.heading, first.note) if t)
    for element in _content(first):
        part.append(element)
    for row in group[1:]:  # no part of a preface is a provision in AKN, so what stands below is running text in it
        holder = etree.SubElement(part, qualified("container"), {"name": row.kind})
        _mark(holder, row)
        _num_and_heading(holder, row)
        holder.extend(_content(row))


def _annex(holder: etree._Element, version: DescribedVersion, group: Sequence[StoredProvision]) -> None:
    first, rest = group[0], group[1:]
    annex = etree.SubElement(holder, qualified("attachment"))
    _mark(annex, first)
    _num_and_heading(annex, first)
    inner = etree.SubElement(annex, qualified("doc"), {"name": "schedule"})
    frbr_meta(etree.SubElement(inner, qualified("meta")), version, first.eid)
    if rest:
        _fill(inner, version, rest, "mainBody")
        body = inner.find(qualified("mainBody"))
    else:
        body = etree.SubElement(inner, qualified("mainBody"))
    if body is not None:
        for at, element in enumerate(_content(first)):
            body.insert(at, element)


def _nest(body: etree._Element, group: Sequence[StoredProvision]) -> None:
    """A provision and those below it, by level."""
    open_: list[tuple[int, etree._Element]] = []
    for at, row in enumerate(group):
        while open_ and open_[-1][0] >= row.level:
            open_.pop()
        parent = open_[-1][1] if open_ else body
        has_children = at + 1 < len(group) and group[at + 1].level > row.level
        if row.kind in ("content", "wrapUp") and not (row.num or row.heading or has_children):
            _loose(parent, row)
            continue
        if row.kind == "crossHeading" and not row.content:
            heading = etree.SubElement(parent, qualified("crossHeading"))
            _mark(heading, row)
            heading.text = row.heading
            continue
        known = row.kind in _HIERARCHY
        element = etree.SubElement(parent, qualified(row.kind if known else "hcontainer"))
        if not known or row.kind == "hcontainer":
            element.set("name", row.kind)
        _mark(element, row)
        _num_and_heading(element, row)
        _hierarchical(element, _content(row), has_children=has_children)
        open_.append((row.level, element))


def _loose(parent: etree._Element, row: StoredProvision) -> None:
    """Running text between provisions: as it is in a mainBody, in a wrapUp below a part."""
    content = _content(row)
    if row.kind == "wrapUp":
        for element in content:
            if element.tag == qualified("wrapUp"):
                parent.append(element)
            else:
                etree.SubElement(parent, qualified("wrapUp")).append(element)
    else:
        parent.extend(content)


def _hierarchical(element: etree._Element, content: list[etree._Element], *, has_children: bool) -> None:
    """Put content where the schema wants it: blocks in `content`, or `intro` and `wrapUp` around what is numbered."""
    structural = {qualified(tag) for tag in _HIERARCHY | {"content", "intro", "wrapUp", "crossHeading"}}
    nested = has_children or any(child.tag in structural for child in content)
    wrapper: etree._Element | None = None
    seen = False
    for child in content:
        if child.tag in structural:
            wrapper = None
            seen = True
            element.append(child)
        else:
            if wrapper is None:
                tag = "content" if not nested else "wrapUp" if seen else "intro"
                wrapper = etree.SubElement(element, qualified(tag))
            wrapper.append(child)
    if not content and not has_children:
        etree.SubElement(etree.SubElement(element, qualified("content")), qualified("p"))


def _num_and_heading(element: etree._Element, row: StoredProvision) -> None:
    if row.num:
        etree.SubElement(element, qualified("num")).text = row.num
    if row.heading or row.note:
        heading = etree.SubElement(element, qualified("heading"))
        heading.text = row.heading or None
        if row.note:
            note = etree.SubElement(heading, qualified("authorialNote"), {"placement": "side"})
            etree.SubElement(note, qualified("p")).text = row.note


def _mark(element: etree._Element, row: StoredProvision) -> None:
    element.set("eId", row.eid)
    if row.status in _STATUS:
        element.set("status", _STATUS[row.status])
    elif row.status == "not-in-force":
        element.set("class", "notInForce")
    elif row.status == "related":
        element.set("class", "related")
    if row.lang:
        element.set(_XML_LANG, row.lang)


def _content(row: StoredProvision) -> list[etree._Element]:
    """The row's content in the namespace of AKN, with absolute eIds; text outside elements in a paragraph."""
    root = parse_content(row.content)
    if root is None:
        return []
    for element in root.iter():
        if element is root or not isinstance(element.tag, str):
            continue
        name = element.tag
        if name == "blockContainer" and row.kind in _FRONT and element.get("name") in _WRAPPERS:
            name = element.attrib.pop("name")
            if name == "container":
                element.set("name", "container")
        lang = element.attrib.pop("lang", None)
        if lang:
            element.set(_XML_LANG, lang)
        eid = element.get("eId")
        if eid:
            element.set("eId", f"{row.eid}__{eid}")
        element.tag = f"{{{_MATHML}}}{name}" if name in MATH_ELEMENTS else qualified(name)
    if root.text and root.text.strip():
        first = etree.Element(qualified("p"))
        first.text = root.text
        root.insert(0, first)
    for element in list(root):
        if element.tail and element.tail.strip():
            after = etree.Element(qualified("p"))
            after.text = element.tail
            root.insert(root.index(element) + 1, after)
        element.tail = None
    return list(root)
