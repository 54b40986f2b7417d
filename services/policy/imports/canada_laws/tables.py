"""CALS tables as rows and cells with spans, and bilingual lists as two-column tables."""

from services.policy.imports.canada_laws.markup import BLOCKS, Element, Markup, class_attribute, loose

_ALIGNED = frozenset({"center", "right"})
MAX_SPAN = 1000


def _table_group(m: Markup, element: Element) -> str:
    """A table with its captions and footnotes around it."""
    return m.flow(element)


def _table(m: Markup, element: Element) -> str:
    out = [loose(element.text)]
    captions: list[str] = []
    for child in element:
        if child.tag == "title":
            captions.append(m.inline(child).strip(" "))
        elif child.tag == "tgroup":
            rows, rest = _group(m, child)
            caption = " ".join(caption for caption in captions if caption)
            captions = []
            before = f"<caption>{caption}</caption>" if caption else ""
            out.append(f"<table{class_attribute(element)}>{before}{rows}</table>{rest}" if rows else rest)
        else:
            out.append(m.block(child))
        out.append(loose(child.tail))
    out.extend(f'<p class="caption">{caption}</p>' for caption in captions if caption)
    return "".join(out)


def _group(m: Markup, tgroup: Element) -> tuple[str, str]:
    """The rows of a `tgroup`, and what else it holds."""
    columns: dict[str, int] = {}
    spans: dict[str, tuple[str, str]] = {}
    count = 0
    out: list[str] = []
    rest = [loose(tgroup.text)]
    for part in tgroup:
        tag = part.tag
        if tag in ("colspec", "spanspec"):
            rest.append(m.flow(part))
        rest.append(loose(part.tail))
        if tag == "colspec":
            count = max(count, _number(part.get("colnum"), count + 1))
            columns.setdefault(part.get("colname", str(count)), count)
        elif tag == "spanspec":
            spans[part.get("spanname", "")] = (part.get("namest", ""), part.get("nameend", ""))
        elif tag in ("thead", "tbody", "tfoot"):
            held: dict[int, int] = {}  # column → rows that a cell from above still covers
            cell = "th" if tag == "thead" else "td"
            rest.append(loose(part.text))
            for row in part:
                rest.append(loose(row.tail))
                if row.tag == "row":
                    out.append(_row(m, row, cell, columns, spans, held))
                else:
                    rest.append(m.block(row))
        else:
            rest.append(m.block(part))
    return "".join(out), "".join(rest)


def _row(
    m: Markup,
    row: Element,
    cell: str,
    columns: dict[str, int],
    spans: dict[str, tuple[str, str]],
    held: dict[int, int],
) -> str:
    """One row. A cell that names a later column leaves empty cells before it."""
    out = [f"<tr{class_attribute(row)}>" if row.get("in-force") is not None else "<tr>"]
    out.append(loose(row.text, cell))
    at = 1
    covered: dict[int, int] = {}
    for entry in row:
        if entry.tag != "entry":
            out.append(f"<{cell}>{m.block(entry)}</{cell}>{loose(entry.tail, cell)}")
            continue
        get = entry.get
        while held and held.get(at, 0) > 0:
            at += 1
        first, last = get("namest"), get("nameend")
        if (name := get("spanname")) in spans and name is not None:
            first, last = spans[name]
        start = columns.get(first or get("colname") or "", at)
        while at < start:
            if held.get(at, 0) <= 0:
                out.append(f"<{cell}></{cell}>")
            at += 1
        wide = 1
        if last and last in columns and (first is None or first in columns):
            wide = min(max(columns[last] - at + 1, 1), MAX_SPAN)
        tall = 1
        if more := get("morerows"):
            tall = min(_number(more, 0) + 1, MAX_SPAN)
        if tall > 1:
            for column in range(at, at + wide):
                covered[column] = tall
        out.append(_cell(m, entry, cell, wide, tall))
        out.append(loose(entry.tail, cell))
        at += wide
    for column in list(held):
        held[column] -= 1
        if held[column] <= 0:
            del held[column]
    for column, tall in covered.items():
        held[column] = tall - 1
    out.append("</tr>")
    return "".join(out)


def _cell(m: Markup, entry: Element, cell: str, wide: int, tall: int) -> str:
    attributes = ""
    align = entry.get("align")
    header = cell == "td" and entry.get("rowheader") == "yes"
    if header or align in _ALIGNED:
        names = ("row" if header else "", align if align in _ALIGNED else "")
        attributes = f' class="{" ".join(name for name in names if name)}"'
    if wide > 1:
        attributes += f' colspan="{wide}"'
    if tall > 1:
        attributes += f' rowspan="{tall}"'
    name = "th" if header else cell
    return f"<{name}{attributes}>{m.flow(entry)}</{name}>"


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.strip().isdecimal() and len(text) < 6 else default


def _bilingual(m: Markup, element: Element) -> str:
    """Pairs of an English and a French item."""
    caption: list[str] = []
    rows: list[str] = []
    after: list[str] = [loose(element.text)]
    open_row = False
    for child in element:
        tag = child.tag
        after.append(loose(child.tail))
        if tag == "TitleText" and not rows:
            caption.append(m.inline(child).strip(" "))
        elif tag == "BilingualItemEn":
            rows.append(f'{"</tr>" if open_row else ""}<tr><td lang="en">{m.flow(child)}</td>')
            open_row = True
        elif tag == "BilingualItemFr":
            rows.append(f'{"" if open_row else "<tr>"}<td lang="fr">{m.flow(child)}</td></tr>')
            open_row = False
        else:
            end = "</tr>" if open_row else ""
            rows.append(f'{end}<tr><td colspan="2">{m.block(child)}</td></tr>')
            open_row = False
    if open_row:
        rows.append("</tr>")
    title = " ".join(text for text in caption if text)
    before = f"<caption>{title}</caption>" if title else ""
    table = f'<table class="bilingual">{before}{"".join(rows)}</table>' if rows or before else ""
    return table + "".join(after)


BLOCKS.update({"TableGroup": _table_group, "table": _table, "BilingualGroup": _bilingual})
