"""Stored markup as the Markdown that is read back to it, for editors who would rather not write markup. Pure."""

import re

from lxml import etree

from services.policy.documents.render_markdown import escape
from services.policy.documents.stored import parse_content
from services.policy.imports.markdown.body import read_unit
from services.policy.imports.markdown.labels import KINDS
from services.policy.imports.model import ImportProblem

_WRAPPERS = frozenset({"content", "intro", "wrapUp"})
_EMPHASIS = {"i": "*", "b": "**"}
_LABEL = re.compile(r"\([0-9A-Za-z.]+\)")
_STARTS = re.compile(r"\A(?:([#>+-])|(\d{1,9})([.)])(?=\s|\Z))")


class _Lost(Exception):
    """Markdown has no form for something in it."""


def as_markdown(content: str, kind: str) -> str | None:
    """`content` of a provision of this kind as Markdown; None unless reading that gives exactly `content` again."""
    root = parse_content(content)
    if root is None:
        return ""
    lines: list[str] = []
    try:
        _blocks(root, lines)
        written = "\n\n".join(lines)
        return written if read_unit(written, kind) == content else None
    except (_Lost, ImportProblem):
        return None


def _blocks(element: etree._Element, lines: list[str], label: str = "") -> None:
    """Write the blocks of `element`, the first of them behind `label`."""
    if (element.text or "").strip():
        raise _Lost
    for child in element:
        if (child.tail or "").strip():
            raise _Lost
        if child.tag == "num":
            continue
        if child.tag in KINDS:
            if label:
                lines.append(label)
            _blocks(child, lines, _label(child))
        elif child.tag in _WRAPPERS:
            _blocks(child, lines, label)
        elif child.tag == "p":
            text = _inline(child)
            lines.append(f"{label} {text}" if label else _STARTS.sub(_escaped_start, text))
        elif child.tag == "ul" and not label:
            lines.append("\n".join(_item(item) for item in child))
        elif child.tag == "table" and not label:
            lines.append(_table(child))
        else:
            raise _Lost
        label = ""
    if label:
        lines.append(label)


def _label(element: etree._Element) -> str:
    label = (element.findtext("num") or "").strip()
    if not _LABEL.fullmatch(label):
        raise _Lost
    return label


def _item(item: etree._Element) -> str:
    if len(item) != 1 or item[0].tag != "p":
        raise _Lost
    return f"- {_STARTS.sub(_escaped_start, _inline(item[0]))}"


def _table(table: etree._Element) -> str:
    rows = [[_cell(cell) for cell in row] for row in table]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise _Lost
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def _cell(cell: etree._Element) -> str:
    if len(cell) != 1 or cell[0].tag != "p":
        raise _Lost
    return _inline(cell[0])


def _inline(element: etree._Element) -> str:
    parts = [escape(element.text or "")]
    for child in element:
        inner = _inline(child)
        if child.tag in _EMPHASIS and inner:
            mark = _EMPHASIS[str(child.tag)]
            parts.append(f"{mark}{inner}{mark}")
        elif child.tag == "ref" and inner:
            parts.append(f"[{inner}]({child.get('href', '').replace('/~', '#')})")
        elif child.tag == "br":
            parts.append("\\\n")
        else:
            raise _Lost
        parts.append(escape(child.tail or ""))
    return "".join(parts)


def _escaped_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"
