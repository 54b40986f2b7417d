"""Reads the text of a document that this platform exported back to exactly the provisions it was made of.

The export marks what is a provision and what it had to add to satisfy the schema (`documents.akn_marks`). The marks
are no more trusted than any other markup: what is read is held against the stored vocabulary.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from services.policy.documents.akn_content import MATHML
from services.policy.documents.akn_marks import (
    AMENDED,
    AS,
    EMPTY,
    HREF,
    LEVEL,
    MADE,
    MARKS,
    PART,
    PROVISION,
    SOURCE_ID,
    STATUS,
    TERMS,
    WITHOUT,
)
from services.policy.documents.akn_noted import noted_in
from services.policy.documents.vocabulary import (
    ALLOWED_ATTRIBUTES,
    ALLOWED_ELEMENTS,
    MATH_ELEMENTS,
    SAFE_HREF,
    VOID_ELEMENTS,
)
from services.policy.imports.akoma_ntoso.elements import child, local
from services.policy.imports.akoma_ntoso.lifecycle import Lifecycle
from services.policy.imports.model import ImportProblem, ParsedProvision, ProvisionStatus, Reference
from services.policy.imports.plain_text import plain_text, visible

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}\Z")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_LEVEL = re.compile(r"[0-9]{1,2}\Z")
_HOLDERS = frozenset({"body", "mainBody", "attachments", "doc"})
"""Parts of a document that are neither stored nor marked."""


class NotAsExportedError(Exception):
    """The file was changed so that its marks no longer say where everything belongs; it is read without them."""


@dataclass(slots=True)
class _Found:
    element: etree._Element
    markup: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    is_over: bool = False
    """Whether another provision has begun inside of it."""


def read_exported(
    document: etree._Element, lifecycle: Lifecycle, lang: str, own_uri: str, titles: Iterable[str]
) -> tuple[ParsedProvision, ...]:
    """The provisions in order; `titles` are those of the version, which a preface may show.

    Raises NotAsExportedError, and ImportProblem for markup that is never stored.
    """
    reader = _Reader(titles)
    reader.children(document, None)
    told = _told_references(document)
    return tuple(_provision(found, lifecycle, lang, own_uri, told) for found in reader.found)


class _Reader:
    def __init__(self, titles: Iterable[str]) -> None:
        self.found: list[_Found] = []
        self._titles = {"", *map(visible, titles)}

    def children(self, element: etree._Element, into: _Found | None) -> None:
        self._text(element.text, into)
        for inner in element:
            self._element(inner, into)
            self._text(inner.tail, into)

    def _text(self, text: str | None, into: _Found | None) -> None:
        if not text:
            return
        if into is None or into.is_over:
            if text.strip():
                raise NotAsExportedError
            return
        into.markup.append(_escape(text))

    def _element(self, element: etree._Element, into: _Found | None) -> None:
        name, made = local(element), element.get(MADE)
        if name == "meta":
            return
        if made == "filler":
            if visible("".join(element.itertext())) not in self._titles:  # somebody wrote something else there
                raise NotAsExportedError
            return
        if element.get(PROVISION) is not None:
            found = _Found(element)
            self.found.append(found)
            if name == "crossHeading":
                found.parts["heading"] = "".join(element.itertext())
            else:
                self.children(element, found)
            if into is not None:
                into.is_over = True
        elif made == "wrapper" or (name in _HOLDERS and element.get(AS) is None):
            self.children(element, into)
        elif into is None or into.is_over:
            raise NotAsExportedError
        elif part := element.get(PART):
            self._part(element, part, into)
        else:
            self._stored(element, element.get(AS, name), into)

    def _part(self, element: etree._Element, part: str, into: _Found) -> None:
        if part not in ("num", "heading", "note") or part in into.parts:
            raise NotAsExportedError
        words = [element.text or ""] if part != "note" or not len(element) else ["".join(element.itertext())]
        for inner in element:
            if inner.get(PART) == "note" and part == "heading":
                self._part(inner, "note", into)
            elif part != "note":
                words.append("".join(inner.itertext()))
            words.append(inner.tail or "" if part != "note" else "")
        text = "".join(words)
        if text:
            into.parts[part] = text

    def _stored(self, element: etree._Element, tag: str, into: _Found) -> None:
        is_math = str(element.tag).startswith(f"{{{MATHML}}}")
        if tag not in ALLOWED_ELEMENTS or (tag in MATH_ELEMENTS) != is_math:
            raise ImportProblem(f"{tag} is not part of the text's markup", line=element.sourceline or 0)
        into.markup.append(f"<{tag}{_attributes(element, into)}")
        if tag in VOID_ELEMENTS:
            into.markup.append("/>")
            return
        into.markup.append(">")
        at = len(into.markup)
        self.children(element, into)
        if len(into.markup) == at and into.element.get(EMPTY) == "short":
            into.markup[-1] = "/>"
        else:
            into.markup.append(f"</{tag}>")


def _attributes(element: etree._Element, into: _Found) -> str:
    without = element.get(WITHOUT, "").split()
    written = []
    for key, value in element.attrib.items():
        key, value = str(key), str(value)
        space, _, name = key.rpartition("}")
        if key == _LANG:
            name = "lang"
        elif space == f"{{{MARKS}":
            if key in (AS, WITHOUT):
                continue
        elif space or name in without:
            continue
        elif name == "eId":
            scope = f"{into.element.get('eId')}__"
            if not value.startswith(scope):
                raise NotAsExportedError
            value = value.removeprefix(scope)
        if name not in ALLOWED_ATTRIBUTES or (name in ("href", "src") and not SAFE_HREF.match(value)):
            raise ImportProblem(f"{local(element)} carries {name}={value!r}", line=element.sourceline or 0)
        written.append(f' {name}="{_escape(value).replace(chr(34), "&quot;")}"')
    return "".join(written)


def _provision(
    found: _Found, lifecycle: Lifecycle, lang: str, own_uri: str, told: dict[str, list[Reference]]
) -> ParsedProvision:
    element, line = found.element, found.element.sourceline or 0
    kind, level, own = element.get(PROVISION, ""), element.get(LEVEL, ""), element.get(_LANG, "")
    if not _KIND.match(kind) or not _LEVEL.match(level):
        raise ImportProblem(f"the marks of a provision are no kind and level: {kind!r}, {level!r}", line=line)
    try:
        status = ProvisionStatus(element.get(STATUS, ProvisionStatus.IN_FORCE))
        amended = date.fromisoformat(element.get(AMENDED, "")) if element.get(AMENDED) else None
    except ValueError as problem:
        raise ImportProblem(f"the marks of a provision are wrong: {problem}", line=line) from None
    start, end = lifecycle.periods.get(element.get("period", "").lstrip("#"), (None, None))
    content, eid = "".join(found.markup), element.get("eId", "")
    terms, cited = noted_in(content, own_uri)
    references = told.get(eid, [Reference(one.href, one.label) for one in cited])
    return ParsedProvision(
        kind=kind,
        eid=eid,
        level=int(level),
        **found.parts,
        content=content,
        text=plain_text(content),
        status=status,
        in_force_from=start,
        in_force_to=end,
        last_amended=amended,
        source_id=element.get(SOURCE_ID, ""),
        lang=own if _TAG.match(own) and own != lang else "",
        terms=_told_terms(element, line) if element.get(TERMS) else terms,
        references=tuple(reference for reference in references if reference.label),
    )


def _told_terms(element: etree._Element, line: int) -> tuple[str, ...]:
    try:
        terms = json.loads(element.get(TERMS, ""))
    except ValueError:
        terms = None
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise ImportProblem("the mark of defined terms is no list in JSON", line=line)
    return tuple(visible(term) for term in terms)


def _told_references(document: etree._Element) -> dict[str, list[Reference]]:
    """By eId: what the metadata say that a provision cites, instead of what its content shows."""
    found: dict[str, list[Reference]] = {}
    others = child(child(child(document, "meta"), "analysis"), "otherReferences")
    for element in others if others is not None else ():
        href = element.get(HREF) or element.get("href") or ""
        reference = Reference(href if href.startswith("/akn/") else "", element.get("showAs", ""))
        found.setdefault(element.get("for", "").lstrip("#"), []).append(reference)
    return found


def version_mark(document: etree._Element) -> etree._Element | None:
    """What the export says of the whole version."""
    proprietary = child(child(document, "meta"), "proprietary")
    if proprietary is not None:
        for inner in proprietary:
            if inner.tag == f"{{{MARKS}}}version":
                return inner
    return None


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
