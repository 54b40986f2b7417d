"""Finding a part of a provision, such as one subsection, inside its stored markup."""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from services.policy.documents.domain import ProvisionNotFound, ProvisionRow
from services.policy.documents.stored import parse_content
from services.policy.documents.vocabulary import BLOCK_ELEMENTS

_OWN = ("num", "heading")


def part_of(row: ProvisionRow, eid: str) -> ProvisionRow:
    """The element of `row` that has the full eId `eid`, as a provision of its own; raises ProvisionNotFound."""
    relative = eid.removeprefix(row.eid + "__")
    root = parse_content(row.content)
    elements = root.iter(etree.Element) if root is not None else ()
    element = next((found for found in elements if found.get("eId") == relative), None)
    if element is None:
        raise ProvisionNotFound("This version has no such provision.")
    for inner in element.iterdescendants(etree.Element):
        name = inner.get("eId")
        if name is not None:
            inner.set("eId", name.removeprefix(relative + "__"))
    own = {str(child.tag): _plain([child]) for child in element if child.tag in _OWN}
    rest = [child for child in element if child.tag not in _OWN]
    content = "".join(etree.tostring(child, encoding="unicode") for child in rest)
    return replace(
        row,
        kind=str(element.tag),
        eid=eid,
        num=own.get("num", ""),
        heading=own.get("heading", ""),
        note="",
        content=content,
        text=_plain(rest),
        level=row.level + 1 + relative.count("__"),
        parent=row.ordinal,
    )


def _plain(elements: list[etree._Element]) -> str:
    return " ".join("".join(piece for element in elements for piece in _pieces(element)).split())


def _pieces(element: etree._Element) -> Iterator[str]:
    """Its text and tail, with a space around blocks so that their words stay apart."""
    gap = " " if element.tag in BLOCK_ELEMENTS else ""
    yield gap + (element.text or "")
    for child in element:
        yield from _pieces(child)
    yield gap + (element.tail or "")
