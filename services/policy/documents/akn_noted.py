"""What stored content itself says it defines and cites, so that an export need only tell what cannot be seen in it."""

from lxml import etree

from services.policy.documents.stored import Cited, address_of, parse_content

_QUOTES = frozenset({"quotedStructure", "embeddedText", "quotedText"})
_CITING = frozenset({"ref", "rref"})


def noted_in(content: str, own_uri: str) -> tuple[tuple[str, ...], tuple[Cited, ...]]:
    """The defined terms in `content`, and what it cites; `own_uri` is the work's address. Neither has duplicates.

    A definition in quoted text is another work's. A `span` of the class `reference` is a citation that names no work.
    """
    root = parse_content(content) if "<def" in content or "<ref" in content or "reference" in content else None
    terms: dict[str, None] = {}
    cited: dict[Cited, None] = {}

    def walk(element: etree._Element, *, quoted: bool) -> None:
        for inner in element:
            tag = inner.tag
            walk(inner, quoted=quoted or tag in _QUOTES)
            if tag == "def" and not quoted:
                terms[_words(inner)] = None
            elif tag in _CITING:
                cited[Cited(*address_of(inner.get("href", ""), own_uri), _words(inner))] = None
            elif tag == "span" and inner.get("class") == "reference":
                cited[Cited("", "", _words(inner))] = None

    if root is not None:
        walk(root, quoted=False)
    return tuple(term for term in terms if term), tuple(one for one in cited if one.label)


def _words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())
