"""What Akoma Ntoso 3.0 allows inside what, for the elements that stored content is made of."""

import re
from dataclasses import dataclass

from services.policy.documents.vocabulary import INLINE_ELEMENTS, MATH_ELEMENTS


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


HIERARCHY = _names(
    """alinea article book chapter clause division hcontainer indent level list paragraph part point proviso rule
    section subchapter subclause subdivision sublist subparagraph subpart subrule subsection subtitle title tome
    transitional"""
)
HEADS = _names("num heading subheading")
BLOCKS = _names("p table ul blockList blockContainer block foreign")
INLINE = (INLINE_ELEMENTS - {"quotedText"}) | {"mod", "subFlow", "embeddedText"}
TEXT = "#"
"""Stands for text in the lists of what is allowed."""
_FLOW = BLOCKS | HIERARCHY | HEADS | _names("tr th td content intro wrapUp formula recital citation")
_FRONT = BLOCKS | {"container", "formula"}


@dataclass(frozen=True, slots=True)
class Model:
    """The children an element may have. Those of `first` come before all others, those of `last` only at the end."""

    allowed: frozenset[str]
    first: tuple[frozenset[str], ...] = ()
    last: frozenset[str] = frozenset()
    least: str = ""
    """What must be there at least once besides `first` and `last`; a filler is put where it is not."""
    holder: str = "block"
    """Where a child goes that is not allowed, so that it is."""


_INLINE = Model(INLINE | {TEXT}, holder="subFlow")
_HEADED = (HEADS,)
MODELS: dict[str, Model] = {
    "blockContainer": Model(BLOCKS, (HEADS, frozenset({"intro"})), frozenset({"wrapUp"}), least="p"),
    "blockList": Model(
        _names("item"), (_names("listIntroduction"),), _names("listWrapUp"), least="item", holder="item"
    ),
    "citation": Model(BLOCKS, _HEADED, least="p"),
    "conclusions": Model(_FRONT | {"longTitle"}, least="p"),
    "container": Model(BLOCKS | {"container"}, least="p"),
    "content": Model(BLOCKS),
    "coverPage": Model(_FRONT | {"longTitle"}, least="p"),
    "embeddedText": _INLINE,
    "foreign": Model(MATH_ELEMENTS),
    "formula": Model(BLOCKS),
    "intro": Model(BLOCKS),
    "item": Model(BLOCKS, _HEADED, least="p"),
    "li": Model(INLINE | {TEXT, "ul", "p"}, holder="subFlow"),
    "longTitle": Model(BLOCKS),
    "mainBody": Model(BLOCKS | HIERARCHY, least="p"),
    "mod": Model(INLINE | {TEXT, "quotedText", "quotedStructure"}, holder="subFlow"),
    "preamble": Model(_FRONT | {"recitals", "citations"}, least="p"),
    "preface": Model(_FRONT | {"longTitle"}, least="p"),
    "quotedStructure": Model(_FLOW, least="p"),
    "authorialNote": Model(_FLOW, least="p"),
    "subFlow": Model(_FLOW, least="p"),
    "recital": Model(BLOCKS, _HEADED, least="p"),
    "recitals": Model(_names("recital"), (HEADS, frozenset({"intro"})), frozenset({"wrapUp"}), "recital", "recital"),
    "citations": Model(
        _names("citation"), (HEADS, frozenset({"intro"})), frozenset({"wrapUp"}), "citation", "citation"
    ),
    "table": Model(_names("tr"), (_names("caption"),), least="tr", holder="tr"),
    "td": Model(BLOCKS),
    "th": Model(BLOCKS),
    "tr": Model(_names("td th"), least="td", holder="td"),
    "ul": Model(_names("li"), least="li", holder="li"),
    "wrapUp": Model(BLOCKS),
}
"""Hierarchical elements have a model of their own, which depends on what they hold; all others are running text."""


def model_of(tag: str) -> Model:
    """The model of a container of blocks or of running text."""
    return MODELS.get(tag, _INLINE)


NAMED = _names("hcontainer block inline formula container subFlow")
"""Elements that must have a name."""
ATTRIBUTES: dict[str, frozenset[str]] = {
    "foreign": _names("href"),
    "img": _names("alt src"),
    "ref": _names("href"),
    "td": _names("colspan rowspan"),
    "th": _names("colspan rowspan"),
    "authorialNote": _names("placement marker"),
    "embeddedText": _names("href"),
} | {tag: _names("name") for tag in NAMED}
"""What an element may carry beside the attributes of all."""
COMMON_ATTRIBUTES = _names("class title refersTo")
"""`eId` and `lang` are common too, but written anew."""

LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*\Z")
"""What may be an `xml:lang`."""
_PIECE = r"(?:[^%#\s]|%[0-9A-Fa-f]{2})*"
_HOST = r"https?://[\w.~-]+(?::[0-9]{1,5})?(?=[/?#]|\Z)"
_ADDRESS = re.compile(rf"(?:{_HOST}|mailto:|/(?!/)|(?=#)|\Z){_PIECE}(?:#{_PIECE})?\Z")


def is_address(text: str) -> bool:
    """Whether an `href` or `src` may say so: the standard's addresses are stricter than what publishers write."""
    return bool(_ADDRESS.match(text))
