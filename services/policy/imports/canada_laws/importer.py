"""The importer of Justice Laws XML: which files it reads, and one file to a `ParsedVersion`."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from lxml import etree

from services.policy.imports.canada_laws import front, hierarchy, references, tables
from services.policy.imports.canada_laws.body import Outline
from services.policy.imports.canada_laws.dates import LIMS, composed_date, day, known
from services.policy.imports.canada_laws.eids import number_slug
from services.policy.imports.canada_laws.identity import citations, enabling_authority, stem_of, work_identity
from services.policy.imports.canada_laws.markup import XML_LANG, Element, Markup
from services.policy.imports.canada_laws.text import visible
from services.policy.imports.model import ImportProblem, ParsedVersion, Reference, SourceFile, WorkStatus
from services.policy.imports.xml import parse_xml

HANDLERS = (hierarchy, references, tables)  # imported for the handlers they register
ROOTS = frozenset({"Statute", "Regulation", "Bill"})
_FILE = re.compile(
    r"(?:\A|/)(?:(?P<release>\d{4}-\d{2}-\d{2})/)?"
    r"(?:eng/acts|fra/lois|eng/regulations|fra/reglements|annual-statutes-lois-annuelles/(?:en|fr)/\d{4})/[^/]+\.xml\Z"
)
_LABELS = etree.XPath("/*/Body//Section[not(ancestor::AmendedText)]/Label")


class CanadaLaws:
    """Acts and regulations of Canada as the Department of Justice publishes them, in both languages."""

    name = "canada-laws"
    version = 1
    jurisdictions: ClassVar = {"ca": {"en": "Canada", "fr": "Canada"}}
    """What the jurisdiction of these laws is called, by language."""

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        """The law files among `paths`: acts before regulations, oldest release first.

        A folder named by a date above them is the release. Raises ImportProblem when no file fits.
        """
        found: list[tuple[date, bool, str, SourceFile]] = []
        seen = 0
        for file in paths:
            seen += 1
            match = _FILE.search(file.path)
            if match is None:
                continue
            release = file.release or day(match["release"])
            chosen = SourceFile(file.path, file.size, release)
            is_regulation = "/reg" in f"/{file.path}"
            found.append((release or date.max, is_regulation, file.path, chosen))
        if not found:
            raise ImportProblem(
                f"none of the {seen} files is Justice Laws XML: expected eng/acts/*.xml, fra/lois/*.xml, "
                "eng/regulations/*.xml or fra/reglements/*.xml, at any depth"
            )
        return [entry[3] for entry in sorted(found, key=lambda entry: entry[:3])]

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        """One file's content. Raises ImportProblem, and nothing else."""
        root = parse_xml(data, allow_doctype=True)
        if root.tag not in ROOTS:
            raise ImportProblem(
                f"not a Justice Laws file: its root is {root.tag!s}, expected Statute, Regulation or Bill",
                line=root.sourceline or 0,
            )
        lang = root.get(XML_LANG, "")
        if lang not in ("en", "fr"):
            raise ImportProblem(f"xml:lang of the root is {lang!r}, expected en or fr", line=root.sourceline or 0)
        try:
            return _read(path, root, lang)
        except (RecursionError, ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
            raise ImportProblem(f"structure not understood ({type(problem).__name__}: {problem})") from problem


def _read(path: str, root: Element, lang: str) -> ParsedVersion:
    stem = stem_of(path)
    identification = root.find("Identification")
    if identification is None:
        raise ImportProblem("has no Identification", line=root.sourceline or 0)
    short, long = _title(identification, "ShortTitle"), _title(identification, "LongTitle")
    if not (short or long):
        raise ImportProblem("has neither a short nor a long title", line=identification.sourceline or 0)
    outline = Outline(Markup(lang, _section_ids(root)))
    amended_by: tuple[Reference, ...] = ()
    front.stray(outline, root, root.text)
    for child in root:
        match child.tag:
            case "Identification":
                front.preface(outline, child)
            case "Introduction":
                front.introduction(outline, child)
            case "Order":
                front.single(outline, child, "preamble", "order")
            case "Repealed":
                front.single(outline, child, "hcontainer", "repealed")
            case "Body":
                outline.body(child)
            case "Schedule":
                outline.schedule(child)
            case "RecentAmendments":
                amended_by += front.recent_amendments(outline, child)
            case _:
                front.other(outline, child)
        front.stray(outline, root, child.tail)
    return ParsedVersion(
        work=work_identity(str(root.tag), stem),
        lang=lang,
        date=_version_date(root, identification),
        title=short or long,
        long_title=long,
        citations=citations(identification, lang),
        status=_work_status(root),
        in_force_from=known(day(root.get(f"{LIMS}inforce-start-date"))),
        last_amended=known(day(root.get(f"{LIMS}lastAmendedDate"))),
        enabling=enabling_authority(identification),
        amended_by=amended_by,
        source_ids={"justice-laws": stem, "path": path},
        provisions=tuple(outline.provisions),
    )


def _title(identification: Element, tag: str) -> str:
    element = identification.find(tag)
    return visible("".join(element.itertext())) if element is not None else ""


def _section_ids(root: Element) -> frozenset[str]:
    """eIds that references inside the document may name."""
    found = _LABELS(root)
    labels = found if isinstance(found, list) else []
    slugs = (number_slug("".join(label.itertext()).strip()) for label in labels if isinstance(label, etree._Element))
    return frozenset(f"sec_{slug}" for slug in slugs if slug)


def _version_date(root: Element, identification: Element) -> date:
    """Since when the text stands: the source's point in time; for an annual statute the day of assent."""
    for name in ("pit-date", "lastAmendedDate", "inforce-start-date", "current-date"):
        if found := known(day(root.get(LIMS + name))):
            return found
    for place in ("BillHistory/Stages[@stage='assented-to']/Date", "RegistrationDate/Date", "ConsolidationDate/Date"):
        if found := composed_date(identification.find(place)):
            return found
    raise ImportProblem("has no date: neither lims:pit-date nor a date of assent or registration", line=1)


def _work_status(root: Element) -> WorkStatus:
    if root.find("Repealed") is not None:
        return WorkStatus.REPEALED
    started = day(root.get(f"{LIMS}inforce-start-date"))
    if root.get("in-force") == "no" or (started is not None and known(started) is None):
        return WorkStatus.NOT_IN_FORCE
    return WorkStatus.IN_FORCE
