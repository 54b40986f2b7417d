"""What stands before and around the main text: identification, introduction, order, recent amendments."""

from services.policy.imports.canada_laws.blocks import labelled
from services.policy.imports.canada_laws.body import Outline
from services.policy.imports.canada_laws.identity import amendment_target
from services.policy.imports.canada_laws.markup import INLINE, Element, Markup, loose
from services.policy.imports.canada_laws.text import escape, visible
from services.policy.imports.model import ProvisionStatus, Reference

_DOC: dict[object, str] = {
    "LongTitle": "docTitle",
    "ShortTitle": "docTitle",
    "InstrumentNumber": "docNumber",
    "BillNumber": "docNumber",
    "ConsolidatedNumber": "docNumber",
}
_LISTS = frozenset({"EnablingAuthority", "Chapter", "BillHistory"})
_INTRODUCTION: dict[object, tuple[str, str]] = {
    "Preamble": ("preamble", "preamble"),
    "Enacts": ("hcontainer", "enacts"),
    "Recommendation": ("hcontainer", "recommendation"),
    "Summary": ("hcontainer", "summary"),
}


def camel(tag: str) -> str:
    """`LongTitle` → `longTitle`, a class name."""
    return tag[:1].lower() + tag[1:]


def preface(outline: Outline, element: Element) -> None:
    """Identification: titles, numbers, dates, authority, history; one paragraph each, in the source's order.

    The date of consolidation changes with every release though the law does not. It is a provision of its own, so
    that the preface compares equal.
    """
    m = outline.markup
    m.begin()
    out = [loose(element.text)]
    consolidated: list[str] = []
    for child in element:
        parts = list(child) if child.tag in _LISTS and not (child.text or "").strip() else [child]
        for part in parts:
            inner = _fields(m, part).strip(" ")
            if not inner:
                continue
            wrap = _DOC.get(part.tag)
            if wrap:
                inner = f"<{wrap}>{inner}</{wrap}>"
            passing = child.tag == "ConsolidationDate" or part.get("stage") == "consolidation"
            (consolidated if passing else out).append(f'<p class="{camel(str(child.tag))}">{inner}</p>')
            m.terms.clear()  # a title defines nothing
        out.append(loose(child.tail))
    outline.add("preface", "preface", element, "".join(out), ProvisionStatus.IN_FORCE)
    if consolidated:
        m.begin()
        outline.add("hcontainer", "consolidation", element, "".join(consolidated), ProvisionStatus.IN_FORCE)


def _fields(m: Markup, element: Element) -> str:
    """Nested fields as one line; a date as year-month-day."""
    if element.tag == "Date":
        parts = [visible("".join(part.itertext())) for part in element]
        text = "-".join(part.zfill(2) for part in parts if part)
        return f"<docDate>{escape(text)}</docDate>" if text else ""
    if element.tag in INLINE:
        return INLINE[element.tag](m, element)
    if not any(child.tag not in INLINE for child in element):
        return m.inline(element)
    parts = [escape(element.text or "").strip(" ")]
    for child in element:
        parts.append(_fields(m, child).strip(" "))
        parts.append(escape(child.tail or "").strip(" "))
    return " ".join(part for part in parts if part)


def introduction(outline: Outline, element: Element) -> None:
    """Recommendation, summary, preamble and enacting words, each a provision."""
    stray(outline, element, element.text)
    for child in element:
        kind, eid = _INTRODUCTION.get(child.tag, ("hcontainer", "introduction"))
        single(outline, child, kind, eid)
        stray(outline, element, child.tail)


def stray(outline: Outline, element: Element, text: str | None) -> None:
    """Text between the parts of a document, where none is foreseen, as a provision of its own."""
    content = loose(text)
    if content:
        outline.markup.begin()
        outline.add("hcontainer", "text", element, content, ProvisionStatus.IN_FORCE)


def single(outline: Outline, element: Element, kind: str, eid: str) -> None:
    """An element without numbered sections as one provision."""
    m = outline.markup
    m.begin()
    m.prefix = ""
    content = m.flow(element) if element.tag not in INLINE else m.flow_of(element)
    status = ProvisionStatus.REPEALED if element.tag == "Repealed" else ProvisionStatus.IN_FORCE
    if content:
        outline.add(kind, eid, element, content, status)


def recent_amendments(outline: Outline, element: Element) -> tuple[Reference, ...]:
    """The list of recent amendments as a provision; what amended is also returned."""
    m = outline.markup
    m.begin()
    found: dict[Reference, None] = {}
    out = [loose(element.text)]
    for child in element:
        if child.tag != "Amendment":
            out.append(m.block(child) + loose(child.tail))
            continue
        parts = [escape(child.text or "").strip(" ")]
        for part in child:
            inner = m.inline(part).strip(" ")
            if part.tag in ("AmendmentCitation", "Citation"):
                label = visible("".join(part.itertext()))
                href = amendment_target(part.get("link", ""), label)
                if label:
                    found[Reference(href, label)] = None
                if href and label:
                    inner = f'<ref href="{href}">{inner}</ref>'
            elif part.tag in ("AmendmentDate", "Date") and inner:
                inner = f"<docDate>{inner}</docDate>"
            parts += [inner, escape(part.tail or "").strip(" ")]
        line = " ".join(part for part in parts if part)
        out.append((f"<p>{line}</p>" if line else "") + loose(child.tail))
    m.references.update(found)
    outline.add("hcontainer", "amendments", element, "".join(out), ProvisionStatus.IN_FORCE)
    return tuple(found)


def other(outline: Outline, element: Element) -> None:
    """A part that this reader does not know: its text is kept."""
    m = outline.markup
    m.begin()
    outline.add("hcontainer", camel(str(element.tag)), element, labelled(m, element, "other"), ProvisionStatus.IN_FORCE)
