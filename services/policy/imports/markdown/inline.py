"""Running text: markdown-it's inline tokens as stored markup, with the references in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it.token import Token

from services.policy.documents.vocabulary import SAFE_HREF
from services.policy.imports.model import Reference

_NAMES = {"em": "i", "strong": "b"}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WORK = re.compile(r"/([a-z0-9-]+)/[a-z0-9-]+/[^\s/~?#%]+")


@dataclass(slots=True)
class References:
    """The references found in one unit, in order."""

    found: list[Reference] = field(default_factory=list)


def escape(text: str) -> str:
    """`text` for markup and for quoted attributes; a character that XML does not know becomes a space."""
    text = _UNPRINTABLE.sub(" ", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def inline(tokens: Sequence[Token], references: References) -> str:
    """Markup of `tokens`, without white space at the ends."""
    parts: list[str] = []
    for at, token in enumerate(tokens):
        kind = token.type
        if kind.startswith("link_"):
            parts.append(_link(tokens, at, references) if token.nesting == 1 else "</ref>")
        elif token.nesting:
            parts.append(f"<{'/' * (token.nesting < 0)}{_NAMES[kind.rpartition('_')[0]]}>")
        elif kind == "softbreak":
            parts.append(" ")
        elif kind == "hardbreak":
            parts.append("<br/>")
        else:  # text, code, and the words for a picture, which is not stored
            parts.append(escape(" ".join(re.split(r"\s+", token.content))))
    return "".join(parts).strip()


def words(tokens: Sequence[Token]) -> str:
    """Only the words of `tokens`, folded."""
    return " ".join("".join(t.content or " " * ("break" in t.type) for t in tokens).split())


def stored_href(href: str) -> str:
    """`#eid`, an AKN address, or an address on the web; empty for anything else."""
    if href.startswith(("https://", "http://", "mailto:")):
        return href if SAFE_HREF.match(href) else ""
    href = unquote(href)  # markdown-it writes é as %C3%A9; addresses of works are kept as they read
    work, _, eid = href.partition("#")
    if found := _WORK.fullmatch(work):
        work = f"/akn{work}" if found[1] != "akn" else work
    if href.startswith("/"):
        href = f"{work.rstrip('/')}/~{eid}" if eid else work
    known = href.startswith(("#", "/akn/")) and href.isprintable()
    return href if known and SAFE_HREF.match(href) else ""


def _link(tokens: Sequence[Token], at: int, references: References) -> str:
    token = tokens[at]
    close = next(i for i in range(at + 1, len(tokens)) if tokens[i].type == "link_close")
    label = words(tokens[at + 1 : close])
    href = stored_href(str(token.attrGet("href") or ""))
    if label:
        references.found.append(Reference(href if href.startswith(("#", "/akn/")) else "", label))
    title = str(token.attrGet("title") or "")
    return f"<ref{_attribute('href', href)}{_attribute('title', title)}>"


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""
