"""The content of one unit: paragraphs, labelled lines, lists and tables as stored markup with relative eIds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from services.policy.imports.markdown.inline import References, escape, inline
from services.policy.imports.markdown.labels import KINDS, STEMS, depth_of, lines
from services.policy.imports.plain_units import Names


@dataclass(slots=True)
class _Node:
    """A subsection or the like, or the unit itself: blocks and nodes in the order they stand in."""

    kind: str = ""
    label: str = ""
    num: str = ""
    eid: str = ""
    children: list["str | _Node"] = field(default_factory=list)


class Content:
    """Writes the content of one unit."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._names = Names()
        self._tables = 0

    def markup(self, tokens: Sequence[Token], *, sectioned: bool) -> str:
        """The inner markup; `sectioned` says that the unit wraps plain text in `content`, as sections do."""
        root = _Node()
        self._blocks(tokens, root, 0)
        if not sectioned and not any(isinstance(child, _Node) for child in root.children):
            return "".join(str(child) for child in root.children)
        return _written(root)

    def _blocks(self, tokens: Sequence[Token], root: _Node, above: int) -> None:
        """Put `tokens` below `root`; `above` is how many labels of lists it stands in."""
        stack: list[tuple[int, _Node]] = []
        at = 0
        while at < len(tokens):
            token, end = tokens[at], _end(tokens, at)
            inner = tokens[at + 1 : end]
            here = stack[-1][1] if stack else root
            if token.type == "inline":
                stack = self._paragraph(token.children or [], root, stack, above)
            elif token.type == "ordered_list_open":
                self._ordered(inner, here, above + (stack[-1][0] + 1 if stack else 0))
            elif token.type == "bullet_list_open":
                here.children.append(self._bullets(inner))
            elif token.type == "table_open":
                here.children.append(self._table(inner))
            elif token.type == "blockquote_open":
                here.children.append(f"<blockContainer>{self._flat(inner)}</blockContainer>")
            elif token.type in ("paragraph_open", "heading_open"):
                stack = self._paragraph(inner[0].children or [], root, stack, above)
            at = end + 1

    def _paragraph(
        self, tokens: Sequence[Token], root: _Node, stack: list[tuple[int, _Node]], above: int
    ) -> list[tuple[int, _Node]]:
        """Put one paragraph's lines where their labels say; returns what is open after it."""
        for label, rest in lines(tokens):
            written = inline(rest, self._references)
            if not label:
                stack = []
                if written:
                    root.children.append(f"<p>{written}</p>")
                continue
            depth = depth_of(label, [(at, node.label) for at, node in stack])
            stack = [(at, node) for at, node in stack if at < depth]
            node = self._node(stack[-1][1] if stack else root, depth + above, label, f"({label})")
            if written:
                node.children.append(f"<p>{written}</p>")
            stack = [*stack, (depth, node)]
        return stack

    def _ordered(self, tokens: Sequence[Token], parent: _Node, depth: int) -> None:
        at = 0
        while at < len(tokens):
            end = _end(tokens, at)
            item = tokens[at]
            node = self._node(parent, depth, item.info, f"{item.info}{item.markup}")
            self._blocks(tokens[at + 1 : end], node, depth + 1)
            at = end + 1

    def _node(self, parent: _Node, depth: int, label: str, num: str) -> _Node:
        kind = KINDS[min(depth, len(KINDS) - 1)]
        eid = self._names.unique(f"{parent.eid}__{STEMS[kind]}_{label}".removeprefix("__"))
        node = _Node(kind, label, num, eid)
        parent.children.append(node)
        return node

    def _bullets(self, tokens: Sequence[Token]) -> str:
        items = []
        at = 0
        while at < len(tokens):
            end = _end(tokens, at)
            items.append(f"<li>{self._flat(tokens[at + 1 : end])}</li>")
            at = end + 1
        return f"<ul>{''.join(items)}</ul>"

    def _flat(self, tokens: Sequence[Token]) -> str:
        """Blocks inside a bullet or a quotation: labels in them address nothing and stay words."""
        parts = []
        at = 0
        while at < len(tokens):
            token, end = tokens[at], _end(tokens, at)
            inner = tokens[at + 1 : end]
            if token.type in ("paragraph_open", "heading_open"):
                parts.append(f"<p>{inline(inner[0].children or [], self._references)}</p>")
            elif token.type == "bullet_list_open":
                parts.append(self._bullets(inner))
            elif token.type == "table_open":
                parts.append(self._table(inner))
            elif token.type == "list_item_open":
                parts.append(f"<li><p>{escape(token.info + token.markup)}</p>{self._flat(inner)}</li>")
            elif token.type == "ordered_list_open":
                parts.append(f"<ul>{self._flat(inner)}</ul>")
            elif token.type == "blockquote_open":
                parts.append(f"<blockContainer>{self._flat(inner)}</blockContainer>")
            at = end + 1
        return "".join(parts)

    def _table(self, tokens: Sequence[Token]) -> str:
        self._tables += 1
        parts = [f'<table eId="table_{self._tables}">']
        for at, token in enumerate(tokens):
            if token.type in ("tr_open", "tr_close"):
                parts.append(f"<{'/' * (token.nesting < 0)}tr>")
            elif token.type in ("th_open", "td_open"):
                cell = inline(tokens[at + 1].children or [], self._references)
                parts.append(f"<{token.tag}><p>{cell}</p></{token.tag}>")
        return "".join([*parts, "</table>"])


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where the block that begins at `at` ends."""
    nesting = 0
    for index in range(at, len(tokens)):
        nesting += tokens[index].nesting
        if not nesting:
            return index
    return len(tokens) - 1


def _written(node: _Node) -> str:
    """`node`'s children: `content` when it holds only blocks, else `intro` before and `wrapUp` after what is in it."""
    parts: list[str] = []
    blocks: list[str] = []
    wrapper = "intro" if any(isinstance(child, _Node) for child in node.children) else "content"
    for child in node.children:
        if isinstance(child, str):
            blocks.append(child)
            continue
        if blocks:
            parts.append(f"<{wrapper}>{''.join(blocks)}</{wrapper}>")
        blocks, wrapper = [], "wrapUp"
        inner = f"<num>{escape(child.num)}</num>{_written(child)}"
        parts.append(f'<{child.kind} eId="{escape(child.eid)}">{inner}</{child.kind}>')
    if blocks:
        parts.append(f"<{wrapper}>{''.join(blocks)}</{wrapper}>")
    return "".join(parts)
