"""The rows of a stored table, told apart into head and body."""

from dataclasses import dataclass

from lxml import etree


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[etree._Element, ...]
    is_head: bool
    """One of the first rows, all of header cells: its cells head columns, not rows."""


def table_rows(table: etree._Element) -> list[Row]:
    """All rows in order.

    A single cell across the table, below the first rows, is a heading inside the body. A table of nothing but header
    cells has no head, since there would be nothing below it.
    """
    rows = [tuple(c for c in row if c.tag in ("td", "th")) for row in table if row.tag == "tr"]
    head = 0
    while head < len(rows) and rows[head] and all(cell.tag == "th" for cell in rows[head]):
        if head and len(rows[head]) == 1 and span(rows[head][0], "colspan") > 1:
            break
        head += 1
    if head == len(rows):
        head = 0
    return [Row(cells, index < head) for index, cells in enumerate(rows)]


def strays(table: etree._Element) -> list[etree._Element | str]:
    """What a table holds outside its rows and cells, in order: publishers hang notes on the table itself."""
    found: list[etree._Element | str] = [table.text or ""]
    captions = 0
    for part in table:
        captions += part.tag == "caption"
        if part.tag == "tr":
            found.append(part.text or "")
            for cell in part:
                found += [cell.tail or ""] if cell.tag in ("td", "th") else [cell, cell.tail or ""]
        elif part.tag != "caption" or captions > 1:
            found.append(part)
        found.append(part.tail or "")
    return [node for node in found if not isinstance(node, str) or node.strip()]


def span(cell: etree._Element, name: str) -> int:
    """How many columns or rows a cell fills; 1 for anything that is no number from 1 to 999."""
    value = cell.get(name, "")
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) <= 3 else 1
