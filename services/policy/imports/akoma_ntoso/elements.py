"""Names of Akoma Ntoso elements by the part they play, and small readings of an element."""

from collections.abc import Iterator

from lxml import etree


def names(words: str) -> frozenset[str]:
    """The words of a string, as a set."""
    return frozenset(words.split())


POLICIES = frozenset({"act", "bill", "doc", "portion", "documentCollection", "statement", "amendment"})
"""Document types that are imported."""

HIERARCHY = names(
    """alinea article book chapter clause division hcontainer indent level list paragraph part point proviso rule
    section subchapter subclause subdivision sublist subparagraph subpart subrule subsection subtitle title tome
    transitional"""
)
CONTAINERS = names("book part subpart chapter subchapter title subtitle tome division subdivision")
"""Hierarchical elements that hold units rather than being one."""
UNITS = frozenset({"section", "article", "rule"})
"""What a policy is cited by; a hierarchical element that holds one is a container."""
QUOTES = frozenset({"quotedStructure", "embeddedStructure", "quotedText", "embeddedText"})
"""Text of another work: its sections are not sections of this one."""
BODIES = names("body mainBody portionBody amendmentBody collectionBody")
ANNEXES = names("attachments annexes components")
ANNEX = names("attachment annex component")

PREFIXES = {
    "alinea": "al",
    "article": "art",
    "attachment": "att",
    "annex": "att",
    "blockList": "list",
    "chapter": "chp",
    "citation": "cit",
    "citations": "cits",
    "clause": "cl",
    "component": "cmp",
    "crossHeading": "crossHeading",
    "division": "dvs",
    "paragraph": "para",
    "recital": "rec",
    "recitals": "recs",
    "section": "sec",
    "subchapter": "subchp",
    "subclause": "subcl",
    "subdivision": "subdvs",
    "subparagraph": "subpara",
    "subsection": "subsec",
    "transitional": "trans",
}
"""Beginnings of an eId by the naming convention; other elements use their own name."""


def local(element: etree._Element) -> str:
    """The element's name without namespace."""
    return str(element.tag).rpartition("}")[2]


def fold(text: str) -> str:
    """`text` with every run of white space made one space, none at the ends."""
    return " ".join(text.split())


def find(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Descendants called one of `names`, in document order, none out of quoted text or metadata."""
    for child in element:
        name = local(child)
        if name in names:
            yield child
        if name not in QUOTES and name != "meta":
            yield from find(child, *names)


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first child called `name`."""
    if element is not None:
        for candidate in element:
            if local(candidate) == name:
                return candidate
    return None


def flat_text(element: etree._Element) -> str:
    """All text below, folded, notes left out and a space where one inline title element meets the next words."""
    parts: list[str] = []

    def walk(node: etree._Element) -> None:
        parts.append(node.text or "")
        for sub in node:
            name = local(sub)
            if name not in ("authorialNote", "noteRef", "meta"):
                gap = name in ("p", "docType", "docPurpose", "docStage", "eol", "br")
                parts.append(" " if gap else "")
                walk(sub)
                parts.append(" " if gap else "")
            parts.append(sub.tail or "")

    walk(element)
    return fold("".join(parts))
