"""Blocks: labelled paragraphs, lists, formulas, notes, figures, signatures, quoted text and forms."""

from dataclasses import dataclass

from services.policy.imports.canada_laws.markup import BLOCKS, Element, Handler, Markup, class_attribute, loose
from services.policy.imports.canada_laws.text import escape, escape_attribute, visible

_ALIGNED = {"centered": "center", "right-align": "right"}


def layout_class(element: Element) -> str:
    """The few layouts that carry meaning: indented (1–4), centred, to the right."""
    layout = element.get("format-ref")
    if layout is None or layout == "indent-0-0":
        return ""
    if layout in _ALIGNED:
        return _ALIGNED[layout]
    if layout.startswith("indent-"):
        depth = layout.rsplit("-", 1)[1]
        if depth.isdigit() and depth != "0":
            return f"indent-{min(int(depth), 4)}"
    return ""


def labelled(m: Markup, element: Element, *classes: str, label: str = "Label") -> str:
    """An element of a label, perhaps a marginal note, and blocks: `blockContainer` with `num` and `heading`.

    Without label and note a single text is a plain `p`. A historical note inside the marginal note comes last.
    """
    attributes = class_attribute(element, *classes)
    if len(element) == 1 and element[0].tag == "Text" and not (element.text or "").strip():
        return m.flow(element[0], attributes) + loose(element[0].tail)
    num = heading = ""
    body = [loose(element.text)]
    late: list[str] = []
    for child in element:
        tag = child.tag
        if tag == label and not num:
            num = m.inline(child).strip(" ")
        elif tag == "MarginalNote":
            heading = f"{heading} {margin(m, child, late)}".strip(" ")
        elif tag == "Text":
            body.append(m.flow(child))
        else:
            body.append(m.block(child))
        body.append(loose(child.tail))
    body += late
    start = (f"<num>{num}</num>" if num else "") + (f"<heading>{heading}</heading>" if heading else "")
    inner = "".join(body)
    if not start and not inner:
        return ""
    return f"<blockContainer{attributes}>{start}{inner}</blockContainer>"


def margin(m: Markup, element: Element, late: list[str]) -> str:
    """A marginal note's inline content; historical notes inside it are put into `late`."""
    if not len(element):
        return escape(element.text or "").strip(" ")
    notes = element.findall("HistoricalNote")
    for note in notes:
        late.append(m.block(note))
        tail = note.tail
        previous = note.getprevious()
        if tail and previous is not None:
            previous.tail = (previous.tail or "") + tail
        elif tail:
            element.text = (element.text or "") + tail
        note.tail = None
        element.remove(note)
    return m.inline(element).strip(" ")


@dataclass(frozen=True, slots=True)
class HeadingParts:
    """A heading's inline parts, and its other blocks."""

    num: str
    titles: list[str]
    notes: list[str]
    """Marginal notes, and the sections that a schedule belongs to."""
    rest: list[str]


def heading_parts(m: Markup, element: Element) -> HeadingParts:
    """What a Heading, GroupHeading or ScheduleFormHeading holds, in canonical order."""
    num = ""
    titles: list[str] = []
    notes: list[str] = []
    rest = [loose(element.text)]
    late: list[str] = []
    for child in element:
        tag = child.tag
        if tag == "Label" and not num:
            num = m.inline(child).strip(" ")
        elif tag == "TitleText":
            titles.append(m.inline(child).strip(" "))
        elif tag in ("OriginatingRef", "MarginalNote"):
            notes.append(margin(m, child, late))
        else:
            rest.append(m.block(child))
        rest.append(loose(child.tail))
    return HeadingParts(num, titles, [note for note in notes if note], rest + late)


def _historical(m: Markup, element: Element) -> str:
    """Amendment history: kept as remarks, each on its own line, apart from the law's words."""
    attributes = ' class="historicalNote"'
    before, after = '<remark type="historical">', "</remark>"
    items = [child for child in element if child.tag == "HistoricalNoteSubItem"]
    out: list[str] = []
    if len(items) == len(element) and not (element.text or "").strip():
        for item in items:
            inner = m.inline(item).strip(" ")
            if inner:
                out.append(f"<p{attributes}>{before}{inner}{after}</p>")
            if tail := (item.tail or "").strip():
                out.append(f"<p{attributes}>{before}{escape_attribute(tail)}{after}</p>")
        return "".join(out)
    inner = m.inline(element).strip(" ")
    return f"<p{attributes}>{before}{inner}{after}</p>" if inner else ""


def _provision(m: Markup, element: Element) -> str:
    return labelled(m, element, layout_class(element))


def _labelled(*classes: str, label: str = "Label") -> Handler:
    def handler(m: Markup, element: Element) -> str:
        return labelled(m, element, *classes, label=label)

    return handler


def paragraph(*classes: str) -> Handler:
    """A handler that writes running text as one `p` of these classes."""

    def handler(m: Markup, element: Element) -> str:
        return m.flow(element, class_attribute(element, *classes))

    return handler


def container(*classes: str) -> Handler:
    """A handler that writes blocks inside a `blockContainer`."""

    def handler(m: Markup, element: Element) -> str:
        inner = m.flow(element)
        return f"<blockContainer{class_attribute(element, *classes)}>{inner}</blockContainer>" if inner else ""

    return handler


def _list(m: Markup, element: Element) -> str:
    out = [loose(element.text, "item")]
    for child in element:
        out.append(_item(m, child) if child.tag == "Item" else f"<item>{m.block(child)}</item>")
        out.append(loose(child.tail, "item"))
    inner = "".join(out)
    return f"<blockList{class_attribute(element)}>{inner}</blockList>" if inner else ""


def _item(m: Markup, element: Element) -> str:
    num, body = _label_and_blocks(m, element)
    start = f"<num>{num}</num>" if num else ""
    return f"<item>{start}{body or '<p></p>'}</item>"


def _label_and_blocks(m: Markup, element: Element) -> tuple[str, str]:
    num, body = "", [loose(element.text)]
    for part in element:
        if part.tag == "Label" and not num:
            num = m.inline(part).strip(" ")
        else:
            body.append(m.flow(part) if part.tag == "Text" else m.block(part))
        body.append(loose(part.tail))
    return num, "".join(body)


def _footnote(m: Markup, element: Element) -> str:
    """A footnote; its mark is text of the note, as in the source."""
    mark, inner = _label_and_blocks(m, element)
    start = f'<p class="marker">{mark}</p>' if mark else ""
    return f'<authorialNote placement="bottom">{start}{inner}</authorialNote>' if start or inner else ""


def _image_group(m: Markup, element: Element) -> str:
    """A figure: caption, picture (its description is the text; image files are not published with the law)."""
    out = [loose(element.text)]
    image = element.find("Image")
    name = image.get("source", "") if image is not None else ""
    title = f' title="{escape_attribute(name)}"' if name else ""
    for child in element:
        if child.tag == "AlternateText":
            out.append(f'<p><img alt="{escape_attribute(visible("".join(child.itertext())))}"{title}/></p>')
        elif child.tag == "Image" and element.find("AlternateText") is None:
            out.append(f'<p><img alt=""{title}/></p>{m.flow(child)}')
        else:
            out.append(m.flow(child) if child.tag == "Image" else m.block(child))
        out.append(loose(child.tail))
    inner = "".join(out)
    return f'<blockContainer class="figure">{inner}</blockContainer>' if inner else ""


def _quoted(name: str) -> Handler:
    """Text that belongs to another law, or will replace some of it."""

    def handler(m: Markup, element: Element) -> str:
        outer = m.prefix
        m.prefix = f"{m.eids.count(f'{outer}qstr_')}__"
        m.quoted += 1
        inner = m.flow(element)
        m.quoted -= 1
        m.prefix = outer
        if not inner:
            return ""
        return f'<block name="{name}"><quotedStructure{class_attribute(element)}>{inner}</quotedStructure></block>'

    return handler


def _heading(m: Markup, element: Element) -> str:
    """A heading among blocks: label, titles, then what else it holds."""
    read = heading_parts(m, element)
    titles = " ".join(title for title in read.titles if title)
    start = (f"<num>{read.num}</num>" if read.num else "") + (f"<heading>{titles}</heading>" if titles else "")
    inner = "".join([*(f'<p class="note">{note}</p>' for note in read.notes), *read.rest])
    if not start and not inner:
        return ""
    return f"<blockContainer{class_attribute(element, 'heading')}>{start}{inner}</blockContainer>"


BLOCKS.update(
    {
        "Provision": _provision,
        "Text": paragraph(),
        "Label": paragraph("label"),
        "TitleText": paragraph("title"),
        "ProvisionHeading": paragraph("title"),
        "MarginalNote": paragraph("note"),
        "OriginatingRef": paragraph("originatingRef"),
        "Caption": paragraph("caption"),
        "title": paragraph("caption"),
        "Note": paragraph("note"),
        "Separator": paragraph("separator"),
        "Reserved": paragraph("reserved"),
        "Oath": paragraph("oath"),
        "SignatureName": paragraph("signatureName"),
        "SignatureTitle": paragraph("signatureTitle"),
        "SignatureLine": paragraph("signatureLine"),
        "SignatureBlock": container("signature"),
        "FormulaText": paragraph("formulaText"),
        "FormulaConnector": paragraph("formulaConnector"),
        "Formula": container("formula"),
        "FormulaGroup": container("formulaGroup"),
        "FormulaDefinition": _labelled("formulaDefinition", label="FormulaTerm"),
        "FormulaParagraph": _labelled("formulaParagraph"),
        "LongDescription": container("description"),
        "FormGroup": container("form"),
        "Schedule": container("schedule"),
        "HistoricalNote": _historical,
        "Footnote": _footnote,
        "List": _list,
        "ImageGroup": _image_group,
        "AmendedText": _quoted("amendedText"),
        "AmendedContent": _quoted("amendedText"),
        "QuotedText": _quoted("quotedText"),
        "ReadAsText": _quoted("readAsText"),
        "ReadAsContent": _quoted("readAsText"),
        "Heading": _heading,
        "GroupHeading": _heading,
        "ScheduleFormHeading": _heading,
    }
)
for _tail in (
    "SectionSubsection",
    "Definition",
    "Paragraph",
    "Subparagraph",
    "Clause",
    "Subclause",
    "FormulaParagraph",
):
    BLOCKS[f"Continued{_tail}"] = _labelled("continued")
