"""A provision's content as a list of lines with a depth, for formats that have no nesting of their own."""

from dataclasses import dataclass, field
from typing import Protocol

from lxml import etree

from services.policy.documents.render_tables import span, strays, table_rows
from services.policy.documents.vocabulary import BLOCK_ELEMENTS


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NESTING = _names(
    """subsection paragraph subparagraph clause subclause point item hcontainer section article li recital"""
)


class Style(Protocol):
    """How running text is written in a format."""

    def text(self, text: str) -> str: ...
    def emphasis(self, kind: str, inner: str) -> str: ...
    def reference(self, href: str, inner: str) -> str: ...
    def note_mark(self, n: int) -> str: ...


@dataclass(slots=True)
class Block:
    """A line of text at `depth` (0: the provision's own), or a table when it has rows."""

    depth: int
    num: str = ""
    text: str = ""
    is_item: bool = False
    """Whether a numbered or listed element begins here; else the line continues the one it stands in."""
    rows: list[list[str]] = field(default_factory=list)
    head: int = 0
    """How many of the rows are the table's head."""


def blocks_of(root: etree._Element, style: Style) -> tuple[list[Block], list[list[Block]]]:
    """The lines of the content below `root`, and those of each footnote, in order."""
    flow = _Flow(style)
    flow.walk(root, 0)
    flow.flush(0)
    notes: list[list[Block]] = []
    for note in flow.notes:  # a note inside a note joins the end
        inner = _Flow(style, flow.notes)
        inner.walk(note, 0)
        inner.flush(0)
        notes.append(inner.blocks)
    return flow.blocks, notes


class _Flow:
    def __init__(self, style: Style, notes: list[etree._Element] | None = None) -> None:
        self.blocks: list[Block] = []
        self.notes: list[etree._Element] = [] if notes is None else notes
        self._style = style
        self._line: list[str] = []
        self._num = ""
        self._begins = False

    def flush(self, depth: int) -> None:
        """End the line; a number that waits for text goes before it."""
        if not self._line:
            return
        text = " ".join("".join(self._line).split())
        self._line.clear()
        if text:
            self._add(Block(depth, self._num, text))

    def _add(self, block: Block) -> None:
        block.is_item, self._begins = self._begins, False
        self._num = ""
        self.blocks.append(block)

    def walk(self, element: etree._Element, depth: int) -> None:
        text, line, style = element.text, self._line, self._style  # each look at an element's text makes a new string
        if text:
            line.append(style.text(text))
        for child in element:
            tag = child.tag
            if isinstance(tag, str) and tag not in ("script", "style"):
                self._child(child, tag, depth)
            text = child.tail
            if text:
                line.append(style.text(text))

    def _child(self, child: etree._Element, tag: str, depth: int) -> None:
        if tag == "table":
            self.flush(depth)
            self._table(child, depth)
        elif tag == "num":
            self.flush(depth)
            self._num = f"{self._num} {self._inline(child)}".strip()
        elif tag in BLOCK_ELEMENTS and tag != "foreign":
            nests = tag in _NESTING
            deeper = depth + 1 if nests else depth
            self.flush(depth)
            self._begins = self._begins or nests
            self.walk(child, deeper)
            self.flush(deeper)
            if nests and self._num:
                self._add(Block(deeper, self._num))
        else:
            self._line.append(self._inline_element(child, tag))

    def _inline(self, element: etree._Element) -> str:
        style = self._style
        parts = [style.text(element.text or "")]
        for child in element:
            tag = child.tag
            if isinstance(tag, str):
                parts.append(self._inline_element(child, tag))
            parts.append(style.text(child.tail or ""))
        return "".join(parts)

    def _inline_element(self, element: etree._Element, tag: str) -> str:
        if tag == "authorialNote":
            self.notes.append(element)
            return self._style.note_mark(len(self.notes))
        if tag == "br":
            return " "
        if tag == "img":
            return self._style.text(element.get("alt") or "")
        if tag in ("script", "style"):
            return ""
        inner = self._inline(element)
        if tag in ("ref", "rref"):
            return self._style.reference(element.get("href", ""), inner)
        if tag in BLOCK_ELEMENTS:
            return f" {inner} "
        return self._style.emphasis(tag, inner)

    def _table(self, table: etree._Element, depth: int) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._line.append(self._inline(caption))
            self.flush(depth)
        block = Block(depth)
        waiting: dict[int, int] = {}  # column -> rows for which a cell from above still fills it
        for row in table_rows(table):
            cells: list[str] = []
            for cell in row.cells:
                self._fill(cells, waiting)
                columns, rows = span(cell, "colspan"), span(cell, "rowspan")
                for column in range(len(cells), len(cells) + columns):
                    waiting[column] = rows - 1
                cells += [" ".join(self._inline(cell).split())] + [""] * (columns - 1)
            self._fill(cells, waiting)
            block.rows.append(cells)
            block.head += row.is_head
        if block.rows:
            self._add(block)
        for node in strays(table):
            if isinstance(node, str):
                self._line.append(self._style.text(node))
            else:
                self._child(node, str(node.tag), depth)
        self.flush(depth)

    def _fill(self, cells: list[str], waiting: dict[int, int]) -> None:
        while waiting.get(len(cells), 0) > 0:
            waiting[len(cells)] -= 1
            cells.append("")
