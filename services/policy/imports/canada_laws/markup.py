"""The writer of a provision's markup: state of one document and the walk over mixed content.

Elements are written as strings in one pass over the source tree. Each source element has a handler: inline ones stand
in `INLINE` (references.py fills it), block ones in `BLOCKS` (blocks.py, tables.py, hierarchy.py). What has no handler
keeps its text: `Markup.block` and `Markup.inline` fall through to a plain container.
"""

from collections.abc import Callable, Collection

from lxml import etree

from services.policy.imports.canada_laws.dates import not_in_force
from services.policy.imports.canada_laws.eids import EidRegister
from services.policy.imports.canada_laws.text import escape, escape_attribute
from services.policy.imports.model import Reference

Element = etree._Element
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Markup:
    """Writes one document's elements; what it meets on the way is collected per provision."""

    __slots__ = ("eids", "lang", "prefix", "quoted", "references", "sections", "terms")

    def __init__(self, lang: str, sections: Collection[str]) -> None:
        self.lang = lang
        self.sections = sections
        """eIds of the sections that an internal reference may name."""
        self.prefix = ""
        """What eIds of nested units begin with."""
        self.quoted = 0
        """Depth inside text of another law (amending text, related provisions); its numbers are that law's."""
        self.begin()

    def begin(self) -> None:
        """Start a provision: ids are unique within it, terms and references are its own."""
        self.eids = EidRegister()
        self.terms: dict[str, None] = {}
        self.references: dict[Reference, None] = {}

    def inline(self, element: Element) -> str:
        """The content of `element` as inline markup."""
        text = element.text
        parts = [escape(text)] if text else []
        for child in element:
            handler = INLINE.get(child.tag)
            parts.append(handler(self, child) if handler else self._stray(child))
            if tail := child.tail:
                parts.append(escape(tail))
        return "".join(parts)

    def _stray(self, element: Element) -> str:
        """An element that should not stand in running text: its own text, apart from its neighbours."""
        return f" {self.inline(element)} "

    def flow(self, element: Element, attributes: str = "") -> str:
        """The content of `element` as blocks: runs of inline content become `p`, blocks stand between them."""
        if not len(element):
            text = escape(element.text or "").strip(" ")
            return f"<p{attributes}>{text}</p>" if text else ""
        run = [escape(element.text)] if element.text else []
        out: list[str] = []
        for child in element:
            handler = INLINE.get(child.tag)
            if handler:
                run.append(handler(self, child))
            else:
                self._paragraph(run, attributes, out)
                out.append(self.block(child))
            if tail := child.tail:
                run.append(escape(tail))
        self._paragraph(run, attributes, out)
        return "".join(out)

    @staticmethod
    def _paragraph(run: list[str], attributes: str, out: list[str]) -> None:
        text = "".join(run).strip(" ")
        run.clear()
        if text:
            out.append(f"<p{attributes}>{text}</p>")

    def block(self, element: Element) -> str:
        """`element` as a block; one that is not known becomes a container with all its text."""
        handler = BLOCKS.get(element.tag)
        if handler:
            return handler(self, element)
        if element.tag in INLINE:
            return self.flow_of(element)
        content = self.flow(element)
        return f'<blockContainer class="other">{content}</blockContainer>' if content else ""

    def flow_of(self, element: Element) -> str:
        """One inline element alone, as a paragraph."""
        text = INLINE[element.tag](self, element).strip(" ")
        return f"<p>{text}</p>" if text else ""


Handler = Callable[[Markup, Element], str]
# Keyed by tag; lxml types a tag as more than str, which with comments and instructions removed it never is.
INLINE: dict[object, Handler] = {}
BLOCKS: dict[object, Handler] = {}


def loose(text: str | None, tag: str = "p") -> str:
    """Text where the format foresees none, kept as a block of its own."""
    text = escape(text).strip(" ") if text else ""
    return f"<{tag}>{text}</{tag}>" if text else ""


def class_attribute(element: Element, *names: str) -> str:
    """` class="…"` of the given names, with `notInForce` where the source marks the element so; and its language."""
    found = [name for name in names if name]
    if element.get("in-force") is not None and not_in_force(element):
        found.append("notInForce")
    attribute = f' class="{" ".join(found)}"' if found else ""
    lang = element.get(XML_LANG)
    return f'{attribute} lang="{escape_attribute(lang)}"' if lang else attribute
