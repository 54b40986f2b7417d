"""Sections and what is nested in them: subsections, paragraphs … definitions, with eIds relative to the provision."""

from dataclasses import dataclass

from services.policy.imports.canada_laws.blocks import heading_parts, margin
from services.policy.imports.canada_laws.markup import BLOCKS, Element, Markup, class_attribute
from services.policy.imports.canada_laws.text import escape, plain_text

_UNITS: dict[object, tuple[str, str, str]] = {
    "Section": ("section", "sec", ""),
    "Subsection": ("subsection", "subsec", ""),
    "Paragraph": ("paragraph", "para", ""),
    "Subparagraph": ("subparagraph", "subpara", ""),
    "Clause": ("clause", "cl", ""),
    "Subclause": ("subclause", "subcl", ""),
    "Subsubclause": ("point", "point", ""),
    "Definition": ("hcontainer", "def", ' name="definition"'),
    "SectionPiece": ("hcontainer", "piece", ' name="sectionPiece"'),
}
_CROSSING = frozenset({"Heading"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's label, marginal note and body as markup."""

    num: str
    heading: str
    body: str


def unit(m: Markup, element: Element) -> Unit:
    """Read a hierarchical element. Nested eIds begin with `m.prefix`, which the caller has set."""
    num = heading = ""
    lead: list[str] = []  # blocks before the first nested unit
    nested: list[str] = []
    after: list[str] = []  # blocks since the last nested unit
    late: list[str] = []
    if (text := element.text) and (text := escape(text).strip(" ")):
        lead.append(f"<p>{text}</p>")
    for child in element:
        tag = child.tag
        if tag == "Text":
            (after if nested else lead).append(m.flow(child))
        elif tag == "Label" and not num:
            num = m.inline(child).strip(" ")
        elif tag == "MarginalNote":
            heading = f"{heading} {margin(m, child, late)}".strip(" ")
        elif tag in _UNITS or tag in _CROSSING:
            if after:
                nested.append(_between("".join(after)))
                after.clear()
            nested.append(nested_unit(m, child) if tag in _UNITS else _cross_heading(m, child))
        else:
            (after if nested else lead).append(m.block(child))
        if (tail := child.tail) and (tail := escape(tail).strip(" ")):
            (after if nested else lead).append(f"<p>{tail}</p>")
    (after if nested else lead).extend(late)
    if not nested:
        inner = "".join(lead)
        return Unit(num, heading, f"<content>{inner}</content>" if inner else "")
    intro, closing = "".join(lead), "".join(after)
    return Unit(
        num,
        heading,
        (f"<intro>{intro}</intro>" if intro else "")
        + "".join(nested)
        + (f"<wrapUp>{closing}</wrapUp>" if closing else ""),
    )


def _between(blocks: str) -> str:
    """Text between nested units, for which Akoma Ntoso has no element of its own."""
    return f'<hcontainer name="text"><content>{blocks}</content></hcontainer>' if blocks else ""


def _start(num: str, heading: str) -> str:
    return (f"<num>{num}</num>" if num else "") + (f"<heading>{heading}</heading>" if heading else "")


def nested_unit(m: Markup, element: Element) -> str:
    """A unit inside a provision, with its eId."""
    name, abbreviation, extra = _UNITS[element.tag]
    outer = m.prefix
    label = element.find("Label")
    text = (label.text or "") if label is not None and not len(label) else _label_text(label)
    eid = m.eids.numbered(outer, abbreviation, text)
    m.prefix = f"{eid}__"
    read = unit(m, element)
    m.prefix = outer
    flags = class_attribute(element) if element.get("in-force") is not None else ""
    body = read.body or "<content><p></p></content>"
    return f'<{name} eId="{eid}"{extra}{flags}>{_start(read.num, read.heading)}{body}</{name}>'


def _label_text(label: Element | None) -> str:
    """A label's text without footnote marks."""
    if label is None:
        return ""
    parts = [label.text or ""]
    for child in label:
        if child.tag != "FootnoteRef":
            parts.extend(child.itertext())
        parts.append(child.tail or "")
    return "".join(parts)


def label_text(element: Element) -> str:
    """The label of `element` as the eIds use it."""
    return _label_text(element.find("Label")).strip()


def _cross_heading(m: Markup, element: Element) -> str:
    """A heading between subsections."""
    read = heading_parts(m, element)
    blocks = "".join([*(f'<p class="note">{note}</p>' for note in read.notes), *read.rest]) or "<p></p>"
    eid = m.eids.count(f"{m.prefix}hcontainer_")
    start = _start(read.num, " ".join(title for title in read.titles if title))
    return f'<hcontainer eId="{eid}" name="heading">{start}<content>{blocks}</content></hcontainer>'


def is_repealed(section: Element) -> bool:
    """Whether nothing stands in a section but the statement that it is repealed."""
    repealed = False
    for child in section:
        tag = child.tag
        if tag in ("Label", "MarginalNote", "HistoricalNote", "Footnote"):
            continue
        if tag != "Text" or (child.text or "").strip():
            return False
        for part in child:
            if part.tag != "Repealed" or (part.tail or "").strip(" .\n"):
                return False
            repealed = True
    return repealed


def plain_start(read: Unit) -> tuple[str, str]:
    """Label and note of a unit as plain text."""
    return plain_text(read.num), plain_text(read.heading)


for _tag in _UNITS:
    BLOCKS[_tag] = nested_unit
