"""Inline elements: references, defined terms, emphasis and the rest of running text."""

import re

from services.policy.imports.canada_laws.eids import number_slug
from services.policy.imports.canada_laws.identity import link_target
from services.policy.imports.canada_laws.markup import INLINE, XML_LANG, Element, Handler, Markup
from services.policy.imports.canada_laws.text import NOTE_MARK, escape_attribute, plain_text, visible
from services.policy.imports.model import Reference

_EMPHASIS = {
    "italic": ("<i>", "</i>"),
    "bold": ("<b>", "</b>"),
    "underline": ("<u>", "</u>"),
    "smallcaps": ('<span class="smallCaps">', "</span>"),
    "regular": ('<span class="regular">', "</span>"),
    "overbar": ('<span class="overbar">', "</span>"),
}
_FIRST_NUMBER = re.compile(r"\A\s*(\d+(?:\.\d+)*[A-Za-z]?)")


def _wrapped(before: str, after: str) -> Handler:
    def handler(m: Markup, element: Element) -> str:
        return f"{before}{m.inline(element)}{after}"

    return handler


def _emphasis(m: Markup, element: Element) -> str:
    before, after = _EMPHASIS.get(element.get("style", "italic"), _EMPHASIS["italic"])
    return f"{before}{m.inline(element)}{after}"


def _external(m: Markup, element: Element) -> str:
    """A reference to another document; without an address it stays marked as one."""
    inner = m.inline(element)
    link = element.get("link")
    href = link_target(element.get("reference-type", ""), link) if link else ""
    label = plain_text(inner)
    if label:
        m.references[Reference(href, label)] = None
    if href:
        return f'<ref href="{escape_attribute(href)}">{inner}</ref>'
    return f'<span class="reference">{inner}</span>'


def _internal(m: Markup, element: Element) -> str:
    """A section number of this document; a reference only where that section exists."""
    inner = m.inline(element)
    number = _FIRST_NUMBER.match(plain_text(inner))
    if number and not m.quoted:
        eid = f"sec_{number_slug(number[1])}"
        if eid in m.sections:
            m.references[Reference(f"#{eid}", plain_text(inner))] = None
            return f'<ref href="#{eid}">{inner}</ref>'
    return inner


def _term(lang: str) -> Handler:
    """A defined term: `def` in the document's own language, else the other language's equivalent."""

    def handler(m: Markup, element: Element) -> str:
        inner = m.inline(element)
        if m.lang != lang:
            return f'<span class="equivalent" lang="{lang}">{inner}</span>'
        if not m.quoted and (term := plain_text(inner)):
            m.terms[term] = None
        return f"<def>{inner}</def>"

    return handler


def _term_use(m: Markup, element: Element) -> str:
    inner = m.inline(element)
    concept = "-".join(re.findall(r"\w+", visible(plain_text(inner)).lower()))
    return f'<term refersTo="#{concept}">{inner}</term>' if concept else inner


def _language(m: Markup, element: Element) -> str:
    inner = m.inline(element)
    lang = element.get(XML_LANG)
    return f'<span lang="{escape_attribute(lang)}">{inner}</span>' if lang else inner


def _gap(m: Markup, element: Element) -> str:
    """A leader: dots or a line between two texts. The space keeps them apart."""
    return f'<span class="leader"> </span>{m.inline(element)}'


def _line_break(m: Markup, element: Element) -> str:
    return f"<br/>{m.inline(element)}"


def _page_break(m: Markup, element: Element) -> str:
    inner = m.inline(element)
    return f" {inner}"


_passed = _wrapped("", "")

INLINE.update(
    {
        "Emphasis": _emphasis,
        "XRefExternal": _external,
        "XRefInternal": _internal,
        "XRefSection": _wrapped('<span class="reference">', "</span>"),
        "DefinedTermEn": _term("en"),
        "DefinedTermFr": _term("fr"),
        "DefinitionEnOnly": _term("en"),
        "DefinitionFrOnly": _term("fr"),
        "DefinitionRef": _term_use,
        "Language": _language,
        "Leader": _gap,
        "LeaderRightJustified": _gap,
        "LineBreak": _line_break,
        "PageBreak": _page_break,
        "FootnoteRef": _wrapped(NOTE_MARK, "</sup>"),
        "Sup": _wrapped("<sup>", "</sup>"),
        "Sub": _wrapped("<sub>", "</sub>"),
        "Superscript": _wrapped("<sup>", "</sup>"),
        "Subscript": _wrapped("<sub>", "</sub>"),
        "Repealed": _wrapped('<span class="repealed">', "</span>"),
        "FormBlank": _wrapped('<span class="blank">', "</span>"),
        "IBR": _wrapped('<span class="incorporated">', "</span>"),
        "Fraction": _wrapped('<span class="fraction">', "</span>"),
        "Numerator": _wrapped('<span class="numerator">', "</span> "),
        "Denominator": _wrapped('<span class="denominator">', "</span>"),
        "MSup": _passed,
        "MSub": _passed,
        "Base": _passed,
        "InlineFont": _passed,
        "Keep": _passed,
        "Preserve": _passed,
        "Ins": _wrapped("<ins>", "</ins>"),
        "Del": _wrapped("<del>", "</del>"),
    }
)
