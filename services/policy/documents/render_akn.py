"""A stored version as one Akoma Ntoso 3.0 document, valid against the schema, from which the same can be imported."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from services.policy.documents.akn_content import ContentWriter, nodes_of
from services.policy.documents.akn_marks import (
    AMENDED,
    EMPTY,
    LEVEL,
    MADE,
    MARKS,
    PART,
    PROVISION,
    SOURCE_ID,
    STATUS,
    TERMS,
)
from services.policy.documents.akn_meta import NAMESPACE, DocumentMeta, expression_uri, identify, qualified
from services.policy.documents.akn_models import HIERARCHY, LANGUAGE, is_address
from services.policy.documents.stored import DatedProvision, ProvisionFacts, StoredVersion, parse_content


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DOCS = _names(
    """motion guideline policy procedure plan notice circular resolution standard document collection statement"""
)
"""Kinds of work that are not law in form: a `doc` rather than an `act`."""
_STAGES = ("coverPage", "preface", "preamble", "body", "conclusions", "attachments")
"""The parts of a document in the order of the schema."""
_ANNEXES = frozenset({"attachment", "annex", "component"})
_CLASSES = {"not-in-force": "notInForce", "related": "related"}
"""Standings for which Akoma Ntoso has no word."""
_SHORT = re.compile(r"<(?!br\b|img\b)[^<>]*/>")
_NO_FACTS = ProvisionFacts()


def version_akn(version: StoredVersion, rows: Iterable[DatedProvision]) -> bytes:
    """The whole version, with its metadata and absolute eIds, as UTF-8 with an XML declaration.

    Raises nothing for stored rows.
    """
    provisions = list(rows)
    root = etree.Element(qualified("akomaNtoso"), nsmap={None: NAMESPACE, "op": MARKS})
    name = "bill" if version.kind == "bill" else "doc" if version.kind in _DOCS else "act"
    document = etree.SubElement(root, qualified(name), {"name": version.kind, "contains": "singleVersion"})
    writer = _Writer(version, provisions)
    writer.meta.write(etree.SubElement(document, qualified("meta")))
    if not any(row.kind in ("coverPage", "preface", "preamble") for row in provisions):
        _titled(document, version)
    writer.fill(document, provisions, "mainBody" if name == "doc" else "body")
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


def provision_akn(version: StoredVersion, row: DatedProvision) -> bytes:
    """One provision as a `portion` of its version, which is no whole text and is not imported as one."""
    root = etree.Element(qualified("akomaNtoso"), nsmap={None: NAMESPACE, "op": MARKS})
    writer = _Writer(version, [row])
    whole = expression_uri(version)
    portion = etree.SubElement(root, qualified("portion"), {"includedIn": whole if is_address(whole) else ""})
    writer.meta.write(etree.SubElement(portion, qualified("meta")))
    writer.portion(etree.SubElement(portion, qualified("portionBody")), row)
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


class _Writer:
    """One document on its way out."""

    def __init__(self, version: StoredVersion, rows: Sequence[DatedProvision]) -> None:
        self._version = version
        self._eids = {row.eid for row in rows} | {"meta-publisher"}
        self.meta = DocumentMeta(version, rows, self._eids)

    def fill(self, document: etree._Element, rows: Sequence[DatedProvision], body_name: str) -> None:
        """Put `rows` in the parts of `document` where they belong, in their order."""
        stage = ""
        part: etree._Element | None = None
        for group in _groups(rows):
            place = _place(group[0], stage)
            if _STAGES.index(place) > _STAGES.index("body"):
                self._body_or_filler(document, body_name)
            if place == "body":
                if stage != "body":
                    part = etree.SubElement(document, qualified(body_name))
                self._divisions(_there(part), group)
            elif place == "attachments":
                if stage != "attachments":
                    part = etree.SubElement(document, qualified("attachments"))
                self._annex(_there(part), group)
            else:
                self._plain(document, group)
            stage = place
        self._body_or_filler(document, body_name)

    def portion(self, body: etree._Element, row: DatedProvision) -> None:
        """`row` alone."""
        if row.kind in ("coverPage", "preface", "preamble"):
            self._plain(body, [row])
        else:
            self._divisions(body, [row])

    def _body_or_filler(self, document: etree._Element, body_name: str) -> None:
        """The schema wants a body even where there is none."""
        if document.find(qualified(body_name)) is None:
            body = etree.SubElement(document, qualified(body_name))
            filler = "p" if body_name == "mainBody" else "hcontainer"
            element = etree.SubElement(body, qualified(filler), {MADE: "filler"})
            if filler == "hcontainer":
                element.set("name", "empty")

    def _divisions(self, body: etree._Element, group: Sequence[DatedProvision]) -> None:
        """A provision and those below it, by level."""
        open_: list[tuple[int, etree._Element]] = []
        for at, row in enumerate(group):
            while open_ and open_[-1][0] >= row.level:
                open_.pop()
            parent = open_[-1][1] if open_ else body
            has_children = at + 1 < len(group) and group[at + 1].level > row.level
            bare = row.kind == "crossHeading" and not (row.num or row.note or row.content or has_children)
            if bare and open_:
                heading = etree.SubElement(parent, qualified("crossHeading"))
                self._mark(heading, row)
                heading.text = row.heading
                continue
            known = row.kind in HIERARCHY
            element = etree.SubElement(parent, qualified(row.kind if known else "hcontainer"))
            if not known or row.kind == "hcontainer":
                element.set("name", row.kind)
            self._mark(element, row)
            _heads(element, row)
            nodes = _content(row)
            ContentWriter(row.eid, self._eids).put_in_hierarchy(element, nodes, has_children=has_children)
            open_.append((row.level, element))

    def _plain(self, document: etree._Element, group: Sequence[DatedProvision]) -> None:
        """A cover page, preface, preamble or conclusions: no part of it is a division."""
        part = etree.SubElement(document, qualified(group[0].kind))
        self._unnumbered(part, group[0])
        for row in group[1:]:
            self._unnumbered(etree.SubElement(part, qualified("container"), {"name": row.kind}), row)

    def _unnumbered(self, element: etree._Element, row: DatedProvision) -> None:
        """`row` where the schema knows no num and heading: they are paragraphs there."""
        self._mark(element, row)
        for name, text in (("num", row.num), ("heading", row.heading), ("note", row.note)):
            if text:
                etree.SubElement(element, qualified("p"), {"class": name, PART: name}).text = text
        tag = str(etree.QName(element).localname)
        nodes = _content(row)
        if nodes or not len(element):
            ContentWriter(row.eid, self._eids).put(element, nodes, tag)

    def _annex(self, attachments: etree._Element, group: Sequence[DatedProvision]) -> None:
        first = group[0]
        annex = etree.SubElement(attachments, qualified("attachment"))
        is_annex = first.kind in _ANNEXES
        rest = group[1:] if is_annex else group
        inner = etree.Element(qualified("doc"), {"name": "schedule"})
        identify(etree.SubElement(inner, qualified("meta")), self._version, first.eid)
        if not is_annex:
            annex.append(inner)
            annex.set(MADE, "wrapper")
            body = etree.SubElement(inner, qualified("mainBody"))
            self._divisions(body, rest)
            return
        self._mark(annex, first)
        _heads(annex, first)
        annex.append(inner)
        nodes = _content(first)
        if not nodes:
            self.fill(inner, rest, "mainBody")
            return
        body = etree.SubElement(inner, qualified("mainBody"))
        ContentWriter(first.eid, self._eids).put(body, nodes, "mainBody")
        for below in _groups(rest):
            self._divisions(body, below)

    def _mark(self, element: etree._Element, row: DatedProvision) -> None:
        element.set("eId", row.eid)
        facts = self._version.facts.get(row.eid, _NO_FACTS)
        if row.status == "repealed":
            element.set("status", "removed")
        elif row.status in _CLASSES:
            element.set("class", _CLASSES[row.status])
        if period := self.meta.period(row):
            element.set("period", period)
        if row.lang and row.lang != self._version.lang and LANGUAGE.match(row.lang):
            element.set(_XML_LANG, row.lang)
        element.set(PROVISION, row.kind)
        element.set(LEVEL, str(row.level))
        if row.status != "in-force":
            element.set(STATUS, row.status)
        if facts.last_amended is not None:
            element.set(AMENDED, facts.last_amended.isoformat())
        if facts.source_id:
            element.set(SOURCE_ID, facts.source_id)
        if _SHORT.search(row.content):
            element.set(EMPTY, "short")
        if facts.terms is not None:
            element.set(TERMS, json.dumps(facts.terms, ensure_ascii=False))


def _titled(document: etree._Element, version: StoredVersion) -> None:
    """A preface with the title, for a text that has none of its own."""
    preface = etree.SubElement(document, qualified("preface"), {MADE: "filler"})
    paragraph = etree.SubElement(etree.SubElement(preface, qualified("longTitle")), qualified("p"))
    etree.SubElement(paragraph, qualified("docTitle")).text = version.long_title or version.title


def _groups(rows: Sequence[DatedProvision]) -> Iterator[list[DatedProvision]]:
    """Each outermost row with those below it."""
    top = min((row.level for row in rows), default=0)
    group: list[DatedProvision] = []
    for row in rows:
        if row.level == top and group:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _place(row: DatedProvision, stage: str) -> str:
    """Where `row` goes after a part called `stage`: where its kind belongs, unless that part is over."""
    reached = _STAGES.index(stage) if stage else -1
    own = "attachments" if row.kind in _ANNEXES else row.kind if row.kind in _STAGES else "body"
    at = _STAGES.index(own)
    if at > reached or (at == reached and own in ("body", "attachments")):
        return own
    return "body" if reached <= _STAGES.index("body") else "attachments"


def _heads(element: etree._Element, row: DatedProvision) -> None:
    if row.num:
        etree.SubElement(element, qualified("num"), {PART: "num"}).text = row.num
    if row.heading or row.note:
        heading = etree.SubElement(element, qualified("heading"), {PART: "heading"})
        heading.text = row.heading or None
        if row.note:
            note = etree.SubElement(heading, qualified("authorialNote"), {"placement": "side", PART: "note"})
            etree.SubElement(note, qualified("p")).text = row.note


def _content(row: DatedProvision) -> list[etree._Element | str]:
    root = parse_content(row.content)
    return [] if root is None else list(nodes_of(root))


def _there(element: etree._Element | None) -> etree._Element:
    if element is None:
        raise AssertionError("a part is begun before anything is put in it")
    return element
