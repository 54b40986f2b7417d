"""HTML of one provision: only elements, attributes and addresses that this module writes itself."""

import re

from lxml import etree

from services.policy.documents.render_tables import span, strays, table_rows
from services.policy.documents.stored import Link, StoredProvision, parse_content, site_address
from services.policy.documents.vocabulary import BLOCK_ELEMENTS, MATH_ELEMENTS, SAFE_HREF

_INLINE = {
    "b": "b",
    "i": "i",
    "u": "u",
    "sub": "sub",
    "sup": "sup",
    "ins": "ins",
    "del": "del",
    "def": "dfn",
    "ul": "ul",
    "li": "li",
}
"""Elements with a namesake in HTML; they carry no class of their own."""
_SPANS = frozenset(
    {"term", "mref", "span", "inline", "quotedText", "docTitle", "docNumber", "docDate", "remark", "num"}
)
_DROPPED = frozenset({"script", "style"})
_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
_LANG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
_TABLES = frozenset({"table", "caption", "tr", "th", "td"})
_DIVS = BLOCK_ELEMENTS - _TABLES - {"p", "ul", "li", "num", "foreign", "quotedStructure"}
_NOT_IN_P = BLOCK_ELEMENTS - {"foreign", "num"}
_PLAIN = {tag: f'<div class="akn-{tag}">' for tag in _DIVS}


def provision_html(row: StoredProvision, *, link: Link = site_address, heading_level: int = 2) -> str:
    """One `<section id=eid>`: heading, content, footnotes.

    Nested ids are the row's eid, `__` and the stored relative eId. A provision at level 0 is headed by
    `<h{heading_level}>`, deeper ones by deeper headings. Text, attributes and addresses are escaped; anything outside
    the vocabulary keeps its text and loses its markup.
    """
    writer = _Html(row.eid, link)
    out = writer.out
    status = "" if row.status == "in-force" else f' data-status="{escape(row.status)}"'
    out.append(f'<section id="{escape(row.eid)}" class="akn-{_word(row.kind)}"{_lang(row.lang)}{status}>')
    if row.num or row.heading or row.note:
        level = min(6, heading_level + row.level)
        parts = ("num", row.num), ("heading-text", row.heading), ("note", row.note)
        spans = " ".join(f'<span class="akn-{name}">{escape(text)}</span>' for name, text in parts if text)
        out.append(f'<h{level} class="akn-heading">{spans}</h{level}>')
    root = parse_content(row.content)
    if root is not None:
        writer.children(root)
        writer.footnotes()
    out.append("</section>")
    return "".join(out)


class _Html:
    __slots__ = ("_link", "_notes", "_prefix", "out")

    def __init__(self, eid: str, link: Link) -> None:
        self.out: list[str] = []
        self._prefix = escape(eid)
        self._link = link
        self._notes: list[etree._Element] = []

    def children(self, element: etree._Element) -> None:
        out = self.out
        if element.text:
            out.append(escape(element.text))
        for child in element:
            self.element(child)
            if child.tail:
                out.append(escape(child.tail))

    def element(self, element: etree._Element) -> None:
        tag = element.tag
        if not isinstance(tag, str):
            return
        if tag == "p":
            self._paragraph(element)
        elif tag in _PLAIN:
            items = element.items()
            self.out.append(f'<div class="akn-{tag}{self._attributes(items, tag)}>' if items else _PLAIN[tag])
            self.children(element)
            self.out.append("</div>")
        elif tag in _INLINE:
            self._tag(_INLINE[tag], "", element)
        elif tag in _SPANS:
            self._tag("span", tag, element)
            if tag == "num":
                self.out.append(" ")
        elif tag in ("ref", "rref"):
            self._reference(element)
        elif tag in _SPECIAL:
            _SPECIAL[tag](self, element)
        elif tag in MATH_ELEMENTS:
            self.out.append(f"<{tag}>")
            self.children(element)
            self.out.append(f"</{tag}>")
        elif tag not in _DROPPED:
            self.children(element)

    def _attributes(self, items: list[tuple[str, str]], tag: str) -> str:
        """Class names up to their closing quote, then id and language. The caller opened `class="akn-tag`."""
        classes, rest = "", ""
        for name, value in items:
            if name in ("class", "name"):
                classes += "".join(f" akn-{word}" for word in _WORD.findall(value) if word != tag)
            elif name == "eId":
                rest += f' id="{self._prefix}__{escape(value)}"'
            elif name == "lang":
                rest += _lang(value)
        return f'{classes}"{rest}'

    def _tag(self, name: str, kind: str, element: etree._Element) -> None:
        items = element.items()
        if kind:
            self.out.append(f'<{name} class="akn-{kind}{self._attributes(items, kind)}>')
        elif items:
            self.out.append(f'<{name} class="akn-{name}{self._attributes(items, name)}>')
        else:
            self.out.append(f"<{name}>")
        self.children(element)
        self.out.append(f"</{name}>")

    def _paragraph(self, element: etree._Element) -> None:
        if not len(element) and not element.keys():  # most of them: nothing but words
            self.out.append(f"<p>{escape(element.text or '')}</p>")
            return
        blocks = len(element) > 0 and any(child.tag in _NOT_IN_P for child in element)
        self._tag("div" if blocks else "p", "p" if blocks else "", element)

    def _reference(self, element: etree._Element) -> None:
        address = ""
        href = element.get("href", "")
        if href.startswith("/akn/"):
            address = self._link(href)
        elif SAFE_HREF.match(href):
            address = href
        if not address or not SAFE_HREF.match(address):
            self._tag("span", "ref", element)
            return
        outside = ' rel="external noopener nofollow"' if address.startswith("http") else ""
        self.out.append(f'<a class="akn-ref" href="{escape(address)}"{outside}>')
        self.children(element)
        self.out.append("</a>")

    def _note(self, element: etree._Element) -> None:
        if element.get("placement") in ("side", "left", "right"):
            self.out.append('<span class="akn-sidenote">')
            self._inline_text(element)
            self.out.append("</span>")
            return
        self._notes.append(element)
        n = len(self._notes)
        place, target = f"{self._prefix}__noteref_{n}", f"{self._prefix}__note_{n}"
        self.out.append(
            f'<a class="akn-noteref" role="doc-noteref" id="{place}" href="#{target}">'
            f"{escape(element.get('marker') or str(n))}</a>"
        )

    def footnotes(self) -> None:
        """The notes met so far, below the text; each leads back to its place."""
        if not self._notes:
            return
        self.out.append('<div class="akn-notes">')
        for n, note in enumerate(self._notes, 1):  # grows while it runs when a note holds a note
            self.out.append(
                f'<div class="akn-footnote" role="doc-footnote" id="{self._prefix}__note_{n}">'
                f'<a class="akn-noteback" role="doc-backlink" href="#{self._prefix}__noteref_{n}">'
                f"{escape(note.get('marker') or str(n))}</a> "
            )
            self.children(note)
            self.out.append("</div>")
        self.out.append("</div>")

    def _inline_text(self, element: etree._Element) -> None:
        """The words of `element` where only running text may stand."""
        self.out.append(escape(" ".join(" ".join(element.itertext()).split())))

    def _image(self, element: etree._Element) -> None:
        self.out.append(f'<span class="akn-img">{escape(element.get("alt") or "")}</span>')

    def _break(self, element: etree._Element) -> None:
        self.out.append("<br>")

    def _foreign(self, element: etree._Element) -> None:
        self.children(element)

    def _quoted(self, element: etree._Element) -> None:
        self._tag("blockquote", "quotedStructure", element)

    def _table(self, element: etree._Element) -> None:
        rows = table_rows(element)
        attributes = self._attributes(element.items(), "table")
        self.out.append(f'<div class="akn-tablewrap" tabindex="0"><table class="akn-table{attributes}>')
        caption = element.find("caption")
        if caption is not None:
            self.out.append("<caption>")
            self.children(caption)
            self.out.append("</caption>")
        part = ""
        for row in rows:
            wanted = "thead" if row.is_head else "tbody"
            if wanted != part:
                self.out.append(f"</{part}><{wanted}>" if part else f"<{wanted}>")
                part = wanted
            self.out.append("<tr>")
            for cell in row.cells:
                self._cell(cell, in_head=row.is_head)
            self.out.append("</tr>")
        self.out.append(f"</{part}></table></div>" if part else "</table></div>")
        for node in strays(element):
            if isinstance(node, str):
                self.out.append(escape(node))
            else:
                self.element(node)

    def _cell(self, cell: etree._Element, *, in_head: bool) -> None:
        tag = "th" if cell.tag == "th" else "td"
        if tag == "td" and not cell.keys():
            self.out.append("<td>")
            self.children(cell)
            self.out.append("</td>")
            return
        columns, rows = span(cell, "colspan"), span(cell, "rowspan")
        attributes = (f' colspan="{columns}"' if columns > 1 else "") + (f' rowspan="{rows}"' if rows > 1 else "")
        if tag == "th":
            # A wide header cell in the body is a heading over the columns below it.
            scope = "colgroup" if columns > 1 else "col" if in_head else "rowgroup" if rows > 1 else "row"
            attributes += f' scope="{scope}"'
        self.out.append(f"<{tag}{attributes}>")
        self.children(cell)
        self.out.append(f"</{tag}>")

    def _stray(self, element: etree._Element) -> None:
        self.children(element)


_SPECIAL = {
    "authorialNote": _Html._note,
    "br": _Html._break,
    "foreign": _Html._foreign,
    "img": _Html._image,
    "quotedStructure": _Html._quoted,
    "table": _Html._table,
    "caption": _Html._stray,  # outside a table there is nothing for these to be part of
    "tr": _Html._stray,
    "td": _Html._stray,
    "th": _Html._stray,
}


def escape(text: str) -> str:
    """`text` for HTML, between tags or inside double quotes."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.replace('"', "&quot;") if '"' in text else text


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else "provision"


def _lang(value: str) -> str:
    return f' lang="{value}"' if _LANG.match(value) else ""
