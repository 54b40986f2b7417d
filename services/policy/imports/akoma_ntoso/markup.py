"""Writes a unit's content in the closed vocabulary, with its plain text, references and defined terms."""

import re
from dataclasses import dataclass, field

from lxml import etree

from services.policy.documents.akn_noted import noted_in
from services.policy.documents.vocabulary import ALLOWED_ELEMENTS, INLINE_ELEMENTS, MATH_ELEMENTS, SAFE_HREF
from services.policy.imports.akoma_ntoso.eids import Targets
from services.policy.imports.akoma_ntoso.elements import HIERARCHY, fold, local, names
from services.policy.imports.akoma_ntoso.structure import Unit
from services.policy.imports.model import Reference
from services.policy.imports.plain_text import plain_text

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MATHML = "http://www.w3.org/1998/Math/MathML"
_NEVER = frozenset({"meta", "script", "style"})
_RENAMED = {
    "a": "ref",
    "strong": "b",
    "em": "i",
    "eol": "br",
    "ol": "ul",
    "container": "blockContainer",
    "tblock": "blockContainer",
    "subheading": "p",
    "crossHeading": "p",
    "embeddedStructure": "quotedStructure",
}
_RUNNING = INLINE_ELEMENTS | names(
    """p num heading block listIntroduction listWrapUp caption a strong em subheading crossHeading signature"""
)
"""Elements whose white space is text; in all others it is only indentation."""
_BLOCKS = ALLOWED_ELEMENTS - INLINE_ELEMENTS - MATH_ELEMENTS - {"foreign"}
_APART = names("docType docPurpose docStage person role organization")
"""Inline elements that are words of their own even where the source has no space around them."""
_HIDDEN_WHEN_EMPTY = names("p num heading content intro")
_UNADDRESSED = names("p num heading content intro wrapUp tr td th a")
_KEPT_CLASSES = names("subheading crossHeading")
"""Where the name of an element is kept as a class; other classes are only somebody's style."""
_SPAN = re.compile(r"[1-9]\d{0,2}\Z")
_PLACEMENTS = names("side left right bottom inline")
_BELOW_WORK = re.compile(r"/(?:[a-z]{2,3}@.*|(?:[a-z]{2,3}/)?main|!.*)\Z")
"""What an address names below the work: language and date, component, file."""


@dataclass(slots=True)
class Written:
    """What was written of one unit."""

    references: list[Reference] = field(default_factory=list)
    terms: tuple[str, ...] = ()
    content: str = ""
    text: str = ""


def write(unit: Unit, targets: Targets, notes: dict[str, etree._Element]) -> Written:
    """`unit`'s content; `notes` are the notes kept in the metadata, by eId, put where a noteRef names them."""
    writer = _Writer(unit.scope, targets, notes)
    for node in unit.nodes:
        if isinstance(node, str):
            writer.markup.append(f"<p>{_escape(fold(node))}</p>")
        else:
            writer.element(node, running=False)
    written = writer.written
    written.content = "".join(writer.markup)
    written.text = plain_text(written.content)
    written.terms = noted_in(written.content, "")[0]
    return written


def resolve_href(href: str, scope: str, targets: Targets) -> str:
    """An href in a form that is kept: an AKN address without language and date, `#eid`, a web address; else empty."""
    href = href.strip()
    if href.startswith("#"):
        target = targets.resolve(scope, href[1:])
        return f"#{target}" if target else ""
    if href.startswith("/akn/"):
        work, _, eid = href.replace("#", "~", 1).partition("~")
        work = re.sub(r"/+", "/", work).rstrip("/")
        while (shorter := _BELOW_WORK.sub("", work)) != work:
            work = shorter
        href = f"{work}/~{eid}" if eid else work
    elif href.startswith("/"):
        return ""  # a path on the publisher's site, which is none on this one
    return href if SAFE_HREF.match(href) else ""


class _Writer:
    def __init__(self, scope: str, targets: Targets, notes: dict[str, etree._Element]) -> None:
        self.markup: list[str] = []
        self.written = Written()
        self._scope, self._targets, self._notes = scope, targets, notes

    def element(self, element: etree._Element, *, running: bool) -> None:
        """Write `element`; `running` says that it stands in running text."""
        name = local(element)
        if name in _NEVER:
            return
        if name == "noteRef":
            self._note(element)
            return
        if name in ("ref", "rref", "a") and not any(local(c) in ("ref", "rref") for c in element):
            self._reference(element)
        if str(element.tag).startswith(f"{{{_MATHML}}}math") and not _in_foreign(element):
            self._wrapped("foreign", element)
        else:
            self._renamed(element, name, running)

    def _renamed(self, element: etree._Element, name: str, running: bool) -> None:
        attributes = self._attributes(element)
        target = _RENAMED.get(name, name)
        if target != name and name in _KEPT_CLASSES:
            attributes["class"] = name
        if target not in ALLOWED_ELEMENTS or (target in MATH_ELEMENTS and not _is_math(element)):
            if name in HIERARCHY:
                target, attributes["name"] = "hcontainer", name
            elif running:
                self._unwrapped(element, name)
                return
            else:
                target, attributes["name"] = ("blockContainer" if _holds_blocks(element) else "block"), name
        if target == "hcontainer":
            attributes.setdefault("name", element.get("name", "") or name)
        elif target in ("block", "blockContainer", "inline", "formula") and element.get("name"):
            attributes.setdefault("name", element.get("name", ""))
        opening = "".join(f' {key}="{_quote(value)}"' for key, value in attributes.items())
        if target in ("br", "img"):
            self.markup.append(f"<{target}{opening}/>")
            return
        self.markup.append(f"<{target}{opening}>")
        at = len(self.markup)
        inside = name in _RUNNING or target in _RUNNING or (running and target != "quotedStructure")
        self._children(element, running=inside)
        if target in _BLOCKS:
            self._trim(at)
        if target in _HIDDEN_WHEN_EMPTY and not any(self.markup[at:]):
            del self.markup[at - 1 :]
            return
        self.markup.append(f"</{target}>")

    def _trim(self, at: int) -> None:
        """Take away the white space at both ends of the block whose first piece is at `at`."""
        for indexes, strip in (
            (range(at, len(self.markup)), str.lstrip),
            (range(len(self.markup) - 1, at - 1, -1), str.rstrip),
        ):
            for index in indexes:
                if self.markup[index].startswith("<"):
                    break
                self.markup[index] = strip(self.markup[index])
                if self.markup[index]:
                    break

    def _children(self, element: etree._Element, *, running: bool) -> None:
        inner = (running and not any(local(c) in _BLOCKS for c in element)) or local(element) in _RUNNING
        self._text(element.text, inner)
        for part in element:
            self.element(part, running=inner and local(part) not in _BLOCKS)
            self._text(part.tail, inner)

    def _text(self, text: str | None, running: bool) -> None:
        if not text or not (running or text.strip()):
            return
        folded = fold(text)
        if text[0].isspace():
            folded = f" {folded}"
        if text[-1].isspace() and folded != " ":
            folded = f"{folded} "
        if folded.strip() or running:
            if folded.startswith(" ") and self.markup and self.markup[-1].endswith(" "):
                folded = folded[1:]
            if folded:
                self.markup.append(_escape(folded))

    def _unwrapped(self, element: etree._Element, name: str) -> None:
        """Only the words of an element that names a person, place or date; those of a signature line by line."""
        apart = name in _APART
        if apart and self.markup and self.markup[-1][-1:].isalnum():
            self._text(" ", running=True)
        self._children(element, running=True)
        if apart and (element.tail or "")[:1].isalnum():
            self._text(" ", running=True)
        parent = element.getparent()
        if parent is not None and local(parent) == "signature" and (element.text or len(element)):
            self.markup.append("<br/>")

    def _wrapped(self, name: str, element: etree._Element) -> None:
        self.markup.append(f"<{name}>")
        self._renamed(element, local(element), running=True)
        self.markup.append(f"</{name}>")

    def _note(self, reference: etree._Element) -> None:
        note = self._notes.get(reference.get("href", "").lstrip("#"))
        if note is None:
            return
        marker = reference.get("marker") or note.get("marker", "")
        self.markup.append(f'<authorialNote marker="{_quote(marker)}">' if marker else "<authorialNote>")
        self._children(note, running=False)
        self.markup.append("</authorialNote>")

    def _reference(self, element: etree._Element) -> None:
        label = fold("".join(element.itertext()))
        href = resolve_href(element.get("href") or element.get("from") or "", self._scope, self._targets)
        if label:
            self.written.references.append(Reference(href if href[:1] == "#" or href[:5] == "/akn/" else "", label))

    def _attributes(self, element: etree._Element) -> dict[str, str]:
        kept: dict[str, str] = {}
        name = local(element)
        if element.get("eId") and _is_addressable(name):
            kept["eId"] = element.get("eId", "")
        if element.get(_LANG):
            kept["lang"] = element.get(_LANG) or ""
        if name in ("ref", "rref", "mref", "a", "remark"):
            href = resolve_href(element.get("href") or element.get("from") or "", self._scope, self._targets)
            if href:
                kept["href"] = href
        elif name == "img":
            source = element.get("src", "")
            if source.startswith("http") and SAFE_HREF.match(source):
                kept["src"] = source
            kept["alt"] = element.get("alt") or element.get("title") or ""
        elif name == "p" and element.get("class") in _KEPT_CLASSES:
            kept["class"] = element.get("class") or ""
        elif name in ("td", "th"):
            kept |= {key: element.get(key, "") for key in ("colspan", "rowspan") if _SPAN.match(element.get(key, ""))}
        elif name == "authorialNote":
            if element.get("marker"):
                kept["marker"] = element.get("marker", "")
            if element.get("placement") in _PLACEMENTS:
                kept["placement"] = element.get("placement") or ""
        return kept


def _is_addressable(name: str) -> bool:
    """Inline ids (of every ref and date) are nobody's address and would only make equal texts differ."""
    return name not in INLINE_ELEMENTS and name not in _UNADDRESSED


def _in_foreign(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and local(parent) == "foreign"


def _is_math(element: etree._Element) -> bool:
    return str(element.tag).startswith(f"{{{_MATHML}}}")


def _holds_blocks(element: etree._Element) -> bool:
    return any(local(e) in _BLOCKS for e in element.iter() if e is not element)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quote(text: str) -> str:
    return _escape(text).replace('"', "&quot;").replace("\n", " ").replace("\t", " ").replace("\r", " ")
