"""Plain text of one provision, laid out with indentation."""

from services.policy.documents.blocks import Block, blocks_of
from services.policy.documents.stored import StoredProvision, parse_content

_INDENT = "    "


class _Plain:
    """Running text as it is."""

    def text(self, text: str) -> str:
        return text

    def emphasis(self, kind: str, inner: str) -> str:
        return f"[{inner}]" if kind == "del" and inner else inner

    def reference(self, href: str, inner: str) -> str:
        return inner

    def note_mark(self, n: int) -> str:
        return f"[{n}]"


def provision_text(row: StoredProvision) -> str:
    """Heading, then one line for each paragraph, indented by its depth; rows of a table with bars, notes below."""
    lines = [" ".join(part for part in (row.num, row.heading, row.note) if part)]
    root = parse_content(row.content)
    if root is not None:
        blocks, notes = blocks_of(root, _Plain())
        lines += [line for block in blocks for line in _lines(block)]
        for n, note in enumerate(notes, 1):
            lines.append(f"[{n}] " + " ".join(text.strip() for block in note for text in _lines(block)))
    return "\n".join(line for line in lines if line) + "\n"


def _lines(block: Block) -> list[str]:
    indent = _INDENT * max(0, block.depth - 1)
    if block.rows:
        return [indent + " | ".join(row) for row in block.rows]
    return [indent + " ".join(part for part in (block.num, block.text) if part)]
