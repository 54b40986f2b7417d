"""What editors write, as Markdown or as Akoma Ntoso markup, read into what is stored. Pure."""

import re

from lxml import etree

from services.policy.documents.stored import parse_content
from services.policy.documents.vocabulary import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS, SAFE_HREF
from services.policy.editorial.domain import Format, Words
from services.policy.imports.markdown.body import read_unit
from services.policy.imports.model import ImportProblem, Reference
from services.policy.imports.plain_text import plain_text
from services.policy.imports.xml import parse_xml

_EID = re.compile(r"[^\s/~?#%\\\x00-\x1f\x7f]{1,200}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SPAN = re.compile(r"[1-9]\d{0,2}")


def unprintable(text: str) -> str:
    """The first character of `text` that no document can hold, as U+0001; empty when there is none."""
    found = _UNPRINTABLE.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def read_words(source: str, form: Format, kind: str) -> Words:
    """The words of a provision of this kind; raises ImportProblem with the line of what cannot be read."""
    if bad := unprintable(source):
        raise ImportProblem(f"holds the control character {bad}")
    content = _checked(source) if form == "akn" else read_unit(source, kind)
    root = parse_content(content)
    if root is None:
        return Words(form, source, "", "")
    terms = tuple(dict.fromkeys(filter(None, (folded(element) for element in root.iter("def")))))
    return Words(form, source, content, plain_text(content), terms)


def references_of(content: str) -> tuple[Reference, ...]:
    """What stored markup points at, each once and in order, as imports have it."""
    root = parse_content(content)
    if root is None:
        return ()
    found = []
    for element in root.iter("ref", "rref"):
        href, label = element.get("href", ""), folded(element)
        if label:
            found.append(Reference(href if href.startswith(("#", "/akn/")) else "", label))
    return tuple(dict.fromkeys(found))


def folded(element: etree._Element) -> str:
    """All words below, with single spaces."""
    return " ".join("".join(str(text) for text in element.itertext()).split())


def _checked(source: str) -> str:
    """`source` written out anew, when it holds nothing but what a stored provision may."""
    if not source.strip():
        return ""
    root = parse_xml(f"<x>{source}</x>".encode())
    if (root.text or "").strip() or any((child.tail or "").strip() for child in root):
        raise ImportProblem("has text outside of a paragraph: put it in <p>")
    seen: set[str] = set()
    for element in root.iterdescendants():
        _check(element, seen)
    return "".join(etree.tostring(child, encoding="unicode", with_tail=False) for child in root)


def _check(element: etree._Element, seen: set[str]) -> None:
    name, line = str(element.tag), element.sourceline or 0
    if name not in ALLOWED_ELEMENTS:
        raise ImportProblem(f"<{name[:60]}> is none of the elements of a provision", line=line)
    for attribute, value in element.items():
        if attribute not in ALLOWED_ATTRIBUTES:
            raise ImportProblem(f"<{name}> cannot have the attribute {attribute[:60]}", line=line)
        if attribute in ("href", "src") and not SAFE_HREF.match(value):
            raise ImportProblem(f"{attribute} is no address that can be kept: {value[:60]!r}", line=line)
        if attribute in ("colspan", "rowspan") and not _SPAN.fullmatch(value):
            raise ImportProblem(f"{attribute} is no number from 1 to 999", line=line)
    eid = element.get("eId")
    if eid is not None:
        if not _EID.fullmatch(eid):
            raise ImportProblem(f"the eId {eid[:60]!r} cannot be part of an address", line=line)
        if eid in seen:
            raise ImportProblem(f"two elements have the eId {eid}", line=line)
        seen.add(eid)
