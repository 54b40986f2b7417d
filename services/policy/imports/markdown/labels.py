"""Labels such as `(1)`, `(a)` and `(ii)` at the beginning of a line, and how deep each stands."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

LABEL = re.compile(r"\((\d{1,4}(?:\.\d{1,3})*[A-Za-z]?|([A-Za-z])\2?(?:\.\d{1,3})?|[ivx]{1,6}|[IVX]{1,6})\)(?:\s+|\Z)")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii",
          "xviii", "xix", "xx")  # fmt: skip
KINDS = ("subsection", "paragraph", "subparagraph", "clause")
"""By depth, from the outside."""
STEMS = {"subsection": "subsec", "paragraph": "para", "subparagraph": "subpara", "clause": "cl"}


def lines(tokens: Sequence[Token]) -> list[tuple[str, list[Token]]]:
    """A paragraph's tokens cut where a line begins with a label: (label or empty, tokens without it)."""
    cut: list[tuple[str, list[Token]]] = []
    nesting, begins = 0, True
    for token in tokens:
        found = LABEL.match(token.content) if begins and not nesting and token.type == "text" else None
        if found:
            cut.append((found[1], [token.copy(content=token.content[found.end() :])]))
        elif cut:
            cut[-1][1].append(token)
        else:
            cut.append(("", [token]))
        nesting += token.nesting
        begins = token.type in ("softbreak", "hardbreak")
    return cut


def depth_of(label: str, open_labels: Sequence[tuple[int, str]]) -> int:
    """How deep `label` stands below those that are open, each with its depth, the outermost first.

    `(i)` after `(h)` is a letter, after `(a)` a Roman number below it.
    """
    if label[0].isdigit():
        return 0
    for depth, last in reversed(open_labels):
        if depth and _follows(label, last):
            return depth
    inner = open_labels[-1][0] if open_labels else -1
    if label.isupper():
        return 3 if inner >= 2 else 1
    return 2 if label in _ROMAN and inner >= 1 else 1


def _follows(label: str, last: str) -> bool:
    if label in _ROMAN and last in _ROMAN and _ROMAN.index(label) == _ROMAN.index(last) + 1:
        return True
    base = last.partition(".")[0]
    if label.startswith(f"{base}."):
        return True
    return len(label) == len(base) and ord(label[0]) == ord(base[0]) + 1
