"""What a Justice Laws file says, read by other means than the importer's, and compared with what was imported.

Written against the format, with expat and a flat list of rules; it shares no code with the importer. The rules:

- An element that is not in `INLINE` begins and ends a block; blocks are parted by a space.
- Within an element its first Label comes first, then titles and marginal notes, then everything else in order. A
  historical note inside a marginal note comes last in the element that has the marginal note.
- A Date is year-month-day. The date of consolidation follows the rest of the Identification.
- White space is folded; what is invisible (soft hyphens, zero-width characters, C1 controls) is dropped.
"""

import re
import xml.etree.ElementTree as ET  # independent of lxml; the data is the published law, not a stranger's upload
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

Row = tuple[str, str, str, str]
"""num, heading, note, content of one provision."""

_INLINE = """
    Emphasis XRefExternal XRefInternal XRefSection DefinedTermEn DefinedTermFr DefinitionEnOnly DefinitionFrOnly
    DefinitionRef Language FootnoteRef Sup Sub Superscript Subscript Repealed FormBlank IBR Fraction Numerator
    Denominator MSup MSub Base InlineFont Keep Preserve Ins Del"""
INLINE = frozenset(_INLINE.split())
HEADINGS = frozenset({"Heading", "GroupHeading", "ScheduleFormHeading"})
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u0080-\u0084\u0086-\u009f]")
_AKN_INLINE = "def term ref i b u sup sub span ins del remark docTitle docNumber docDate"
AKN_INLINE = frozenset(_AKN_INLINE.split())


def fold(text: str) -> str:
    """White space folded, invisible characters dropped."""
    return " ".join(INVISIBLE.sub("", text).split())


def source_text(data: bytes) -> str:
    """All text of a file in canonical order, folded."""
    out: list[str] = []
    root = ET.fromstring(data)  # noqa: S314 - see the import
    out.append(root.text or "")
    for child in root:
        _walk(child, out)
        out.append(child.tail or "")
    return fold("".join(out))


def _walk(element: ET.Element, out: list[str]) -> None:
    tag = element.tag
    if tag == "Date" and len(element):
        parts = ["".join(part.itertext()).strip() for part in element]
        out.append(" " + "-".join(part.zfill(2) for part in parts if part) + " ")
        return
    block = tag not in INLINE
    if block or tag == "FootnoteRef":
        out.append(" ")
    if element.text:
        out.append(element.text)
    parent_parts = tag in ("EnablingAuthority", "Chapter", "BillHistory")
    late: list[str] = []
    for child in _ordered(element):
        if parent_parts:
            out.append(" ")
        if child.tag == "MarginalNote":
            for note in child.findall("HistoricalNote"):
                _walk(note, late)
                note.text, note[:] = "", []
        _walk(child, out)
        if child.tail:
            out.append(child.tail)
    out += late
    if block or tag == "Numerator":
        out.append(" ")


def _ordered(element: ET.Element) -> list[ET.Element]:
    children = list(element)
    if element.tag == "Identification":
        history = element.find("BillHistory")
        moved = [child for child in children if child.tag == "ConsolidationDate"]
        if history is not None:
            stages = history.findall("Stages[@stage='consolidation']")
            for stage in stages:
                history.remove(stage)
            moved += stages
        return [child for child in children if child.tag != "ConsolidationDate"] + moved
    label = next((child for child in children if child.tag == "Label"), None)

    def rank(child: ET.Element) -> int:
        if child is label:
            return 0
        if element.tag in HEADINGS:
            return {"TitleText": 1, "OriginatingRef": 2, "MarginalNote": 2}.get(child.tag, 3)
        return 2 if child.tag == "MarginalNote" else 3

    if label is not None or element.tag in HEADINGS:
        return sorted(children, key=rank)
    return children


def markup_text(content: str) -> str:
    """The text of stored markup, folded; raises ParseError when it is not well-formed."""
    out: list[str] = []
    _walk_markup(ET.fromstring(f"<content>{content}</content>"), out)  # noqa: S314 - written by the importer
    return fold("".join(out))


def _walk_markup(element: ET.Element, out: list[str]) -> None:
    apart = element.tag not in AKN_INLINE
    if apart or element.get("class") == "noteRef":
        out.append(" ")
    out.append(element.get("alt") or "" if element.tag == "img" else element.text or "")
    for child in element:
        _walk_markup(child, out)
        out.append(child.tail or "")
    if apart:
        out.append(" ")


def rows_text(rows: Iterable[Row]) -> str:
    """The text of provisions in order: num, heading, note, content."""
    return fold(" ".join(f"{num} {heading} {note} {markup_text(content)}" for num, heading, note, content in rows))


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two texts part: an offset and what follows on either side."""

    offset: int
    source: str
    imported: str


def first_difference(source: str, imported: str) -> Difference | None:
    """None when the texts are equal."""
    if source == imported:
        return None
    low, high = 0, min(len(source), len(imported))
    while low < high:  # the longest common start
        middle = (low + high + 1) // 2
        if source[:middle] == imported[:middle]:
            low = middle
        else:
            high = middle - 1
    at = max(low - 40, 0)
    return Difference(low, source[at : low + 60], imported[at : low + 60])


def pair_key(path: str) -> str:
    """Which law a file is, equal for both languages: `act:A-1`, `reg:SOR-2011-246`."""
    stem = PurePosixPath(path).stem
    if "/acts/" in f"/{path}" or "/lois/" in f"/{path}":
        return f"act:{stem}"
    english = re.sub(r"^DORS-", "SOR-", re.sub(r"^TR-", "SI-", stem))
    return "reg:" + english.replace("_ch._", "_c._")
