"""Markdown (CommonMark with tables and footnotes) of one provision."""

import re

from services.policy.documents.blocks import Block, blocks_of
from services.policy.documents.stored import Link, StoredProvision, parse_content, site_address
from services.policy.documents.vocabulary import SAFE_HREF

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_STARTS = re.compile(r"\A(?:([#>+-])|(\d{1,9})([.)])(?=\s|\Z))")
_SIGNS = frozenset(".,:!?'\"«»“”‘’…/–—-")
_MARKS = {"b": "**", "i": "*", "def": "**", "del": "~~"}


class _Markdown:
    def __init__(self, eid: str, link: Link) -> None:
        self._eid, self._link = re.sub(r"[^\w.-]", "-", eid), link

    def text(self, text: str) -> str:
        return escape(text)

    def emphasis(self, kind: str, inner: str) -> str:
        mark = _MARKS.get(kind, "")
        if not mark or not inner.strip():
            return inner
        # Between a sign and a letter a mark would be read as an asterisk, so that signs stay outside.
        at, to, ends = 0, len(inner), _SIGNS if "](" in inner else _SIGNS | {")"}
        while at < to and (inner[at].isspace() or inner[at] == "(" or inner[at] in _SIGNS):
            at += 1
        while to > at and (inner[to - 1].isspace() or inner[to - 1] in ends):
            to -= 1
        if at >= to:
            return inner
        return f"{inner[:at]}{mark}{inner[at:to]}{mark}{inner[to:]}"

    def reference(self, href: str, inner: str) -> str:
        address = self._link(href) if href.startswith("/akn/") else href
        if not SAFE_HREF.match(address) or any(sign in address for sign in "()\\") or "](" in inner:
            return inner  # Markdown knows no link in a link
        return f"[{inner}]({address})"

    def note_mark(self, n: int) -> str:
        return f"[^{self._eid}-{n}]"


def provision_markdown(row: StoredProvision, *, link: Link = site_address, heading_level: int = 2) -> str:
    """Heading, paragraphs, nested lists, tables and footnotes. Whatever Markdown or HTML could mean is escaped."""
    style = _Markdown(row.eid, link)
    parts: list[str] = []
    title = " ".join(escape(part) for part in (row.num, row.heading, row.note) if part)
    if title:
        parts.append(f"{'#' * min(6, heading_level + row.level)} {' '.join(title.split())}")
    root = parse_content(row.content)
    if root is not None:
        blocks, notes = blocks_of(root, style)
        parts += _blocks(blocks)
        for n, note in enumerate(notes, 1):
            parts.append(f"{style.note_mark(n)}: " + " ".join(_line(block) for block in note))
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """`text` that no Markdown or HTML reader takes for markup."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", text)


def _blocks(blocks: list[Block]) -> list[str]:
    """Each block's lines. A list is indented by the levels that are there, else a skipped one would make it code."""
    written: list[str] = []
    open_lists: list[int] = []
    for block in blocks:
        while open_lists and open_lists[-1] >= block.depth + (not block.is_item):
            open_lists.pop()
        indent = "  " * len(open_lists)
        if block.is_item:
            written.append(f"{indent}- {_line(block)}")
            open_lists.append(block.depth)
        elif block.rows:
            written.append("\n".join(indent + line for line in _table(block)))
        else:
            written.append(indent + _line(block))
    return written


def _line(block: Block) -> str:
    if block.rows:
        return "; ".join(", ".join(cell for cell in row if cell) for row in block.rows)
    line = " ".join(part for part in (block.num, block.text) if part)
    return _STARTS.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", line)


def _table(block: Block) -> list[str]:
    width = max(len(row) for row in block.rows)
    rows = [row + [""] * (width - len(row)) for row in block.rows]
    head = rows[0] if block.head else [""] * width
    body = rows[1:] if block.head else rows
    lines = [head, ["---"] * width, *body]
    return [f"| {' | '.join(line)} |" for line in lines]
