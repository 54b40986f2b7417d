"""The Akoma Ntoso importer: any publisher's `*.xml`, one document a file."""

import re
from collections.abc import Iterable, Sequence

from lxml import etree

from services.policy.imports.akoma_ntoso.eids import Targets, identify_units
from services.policy.imports.akoma_ntoso.elements import POLICIES, child, find, flat_text, fold, local
from services.policy.imports.akoma_ntoso.exported import NotAsExportedError, read_exported, version_mark
from services.policy.imports.akoma_ntoso.exported_meta import read_version
from services.policy.imports.akoma_ntoso.former import modernise
from services.policy.imports.akoma_ntoso.frbr import Identification, identify
from services.policy.imports.akoma_ntoso.lifecycle import Lifecycle, read_lifecycle
from services.policy.imports.akoma_ntoso.markup import write
from services.policy.imports.akoma_ntoso.structure import Unit, cut
from services.policy.imports.model import (
    ImportProblem,
    ParsedProvision,
    ParsedVersion,
    Reference,
    SourceFile,
    WorkStatus,
)
from services.policy.imports.xml import parse_xml

_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class AkomaNtoso:
    """Reads acts, by-laws, regulations, bills and other policy documents in Akoma Ntoso 3.0, its drafts, and 2.0.

    Debates, judgments and gazettes are not policies and are refused by name. Whatever stands in the text is kept;
    elements outside the stored vocabulary lose their name, never their words.
    """

    name = "akoma-ntoso"
    version = 2

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        """Every `*.xml`, ordered by path. Raises ImportProblem when there is none."""
        chosen = sorted((p for p in paths if p.path.lower().endswith(".xml")), key=lambda p: p.path)
        if not chosen:
            raise ImportProblem("there is no .xml file in this source")
        return chosen

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        """The one version in `data`. Raises ImportProblem, and nothing else."""
        root = parse_xml(data)
        modernise(root)
        document = _document(root)
        if (about := version_mark(document)) is not None:
            try:
                return _exported(document, about, path)
            except NotAsExportedError:  # it was worked on since: read as anybody's document
                pass
        titles = _Titles(document)
        ident = identify(document, titles.printed)
        lifecycle = read_lifecycle(document, ident.date)
        units = cut(document)
        notes = _notes_in_metadata(root)
        source_ids = {id(unit): unit.element.get("eId", "") for unit in units}
        units += _unreferenced(notes, root)
        if not any(unit.kind not in ("coverPage", "preface") for unit in units):
            raise ImportProblem("has no body of text", line=document.sourceline or 0)
        targets = identify_units(units)
        provisions = tuple(
            _provision(unit, targets, notes, lifecycle, source_ids.get(id(unit), ""), ident.lang) for unit in units
        )
        title = titles.best(ident.names) or next((u.heading for u in units if u.heading), ident.work.number)
        status = lifecycle.work_status(proposed=ident.work.kind == "bill" and not ident.adopted)
        return ParsedVersion(
            work=ident.work,
            lang=ident.lang,
            date=ident.date,
            title=title,
            long_title=titles.long if titles.long != title else "",
            citations=_citations(document, ident),
            subjects=_subjects(document),
            status=status,
            in_force_from=None if status is WorkStatus.PROPOSED else lifecycle.original,
            last_amended=lifecycle.amendments[-1] if lifecycle.amendments else None,
            enabling=_enabling(ident.work.kind, units, provisions),
            amended_by=lifecycle.amended_by,
            source_ids={"path": path, "frbr": ident.work.frbr_uri},
            provisions=provisions,
        )


def _exported(document: etree._Element, about: etree._Element, path: str) -> ParsedVersion:
    """A document that this platform wrote."""
    if local(document) == "portion":
        raise ImportProblem("holds one provision of a text, not the text", line=document.sourceline or 0)
    fields = read_version(document, about, path)
    lifecycle = read_lifecycle(document, fields["date"])
    titles = fields["title"], fields["long_title"]
    provisions = read_exported(document, lifecycle, fields["lang"], fields["work"].frbr_uri, titles)
    if not provisions:
        raise ImportProblem("has no body of text", line=document.sourceline or 0)
    return ParsedVersion(**fields, provisions=provisions)


def _document(root: etree._Element) -> etree._Element:
    if local(root) != "akomaNtoso":
        raise ImportProblem(f"not Akoma Ntoso: its root element is {local(root)}", line=root.sourceline or 0)
    names: list[str] = []
    for element in root:
        if local(element) in POLICIES:
            return element
        names.append(local(element))
    what = names[0] if names else "nothing"
    raise ImportProblem(f"holds a document of type {what}, which is not a policy", line=root.sourceline or 0)


class _Titles:
    """What the document calls itself."""

    def __init__(self, document: etree._Element) -> None:
        front = [e for e in document if local(e) in ("coverPage", "preface")]
        long = [e for part in front for e in find(part, "longTitle")]
        doc = [e for part in front for e in find(part, "docTitle")]
        short = list(find(document, "shortTitle"))
        self.short = next((t for t in map(flat_text, short) if t), "")
        self.doc = next((t for t in map(flat_text, doc) if t), "")
        self.printed = next((t for t in map(flat_text, long) if t), "")
        self.long = self.printed or self.doc

    def best(self, names: dict[str, str]) -> str:
        """The short title as printed or in the metadata, else the title."""
        named = next((names[k] for k in ("title", "shorttitle", "short-title", "short title") if k in names), "")
        return self.short or named or self.doc or self.long


def _provision(
    unit: Unit,
    targets: Targets,
    notes: dict[str, etree._Element],
    lifecycle: Lifecycle,
    source_id: str,
    lang: str,
) -> ParsedProvision:
    written = write(unit, targets, notes)
    status, (start, end) = lifecycle.provision(unit.element)
    own_lang = unit.element.get(_LANG) or ""
    return ParsedProvision(
        kind=unit.kind,
        eid=unit.eid,
        level=unit.level,
        num=unit.num,
        heading=unit.heading,
        note=unit.note,
        content=written.content,
        text=written.text,
        status=status,
        in_force_from=start,
        in_force_to=end,
        last_amended=lifecycle.amended.get(source_id) if source_id else None,
        source_id=unit.element.get("GUID", "") if unit.own_id else "",
        lang=own_lang if _TAG.match(own_lang) and own_lang.split("-")[0] != lang else "",
        terms=written.terms,
        references=tuple(dict.fromkeys(written.references)),
    )


def _citations(document: etree._Element, ident: Identification) -> tuple[str, ...]:
    printed = [e for part in document if local(part) in ("coverPage", "preface") for e in find(part, "docNumber")]
    found = [ident.names.get("citation", ""), *map(flat_text, printed)]
    return tuple(dict.fromkeys(citation for citation in found if citation))


def _subjects(document: etree._Element) -> tuple[str, ...]:
    meta = child(document, "meta")
    keywords = [] if meta is None else [e for e in meta.iter() if local(e) == "keyword"]
    return tuple(dict.fromkeys(s for s in (fold(e.get("showAs", "")) for e in keywords) if s))


def _enabling(kind: str, units: list[Unit], provisions: tuple[ParsedProvision, ...]) -> tuple[Reference, ...]:
    """For an instrument made under another: what its preamble cites by address."""
    if kind not in ("regulation", "order"):
        return ()
    cited = [r for u, p in zip(units, provisions, strict=True) if u.kind == "preamble" for r in p.references]
    return tuple(r for r in cited if r.href.startswith("/akn/"))


def _notes_in_metadata(root: etree._Element) -> dict[str, etree._Element]:
    return {
        note.get("eId", ""): note
        for notes in root.iter()
        if local(notes) == "notes"
        for note in notes
        if note.get("eId")
    }


def _unreferenced(notes: dict[str, etree._Element], root: etree._Element) -> list[Unit]:
    """Notes in the metadata that no noteRef names: kept at the end."""
    named = {e.get("href", "").lstrip("#") for e in root.iter() if local(e) == "noteRef"}
    return [Unit("note", 0, note, "", nodes=list(note), own_id=True) for eid, note in notes.items() if eid not in named]
