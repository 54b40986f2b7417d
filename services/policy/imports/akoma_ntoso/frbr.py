"""Which work, language and date a document is: its FRBR identification, as publishers really fill it in."""

import re
from dataclasses import dataclass
from datetime import date

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import child, local, names
from services.policy.imports.akoma_ntoso.languages import bcp47
from services.policy.imports.akoma_ntoso.official_journal import from_title
from services.policy.imports.model import ImportProblem, WorkIdentity

_KINDS = names(
    """act by-law regulation order guideline policy motion resolution directive decision ordinance decree code
    constitution treaty procedure standard plan notice circular bill"""
)
_SYNONYMS = {
    "bylaw": "by-law",
    "by-laws": "by-law",
    "guidelines": "guideline",
    "regulations": "regulation",
    "statutory-instrument": "regulation",
    "loi": "act",
    "reglement": "regulation",
    "collection": "",
}
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
PLAIN_URI = re.compile(r"/akn/[^\s<>\"'#~?@!]{1,250}\Z")
"""An address that can be kept as it is: of a work, without language, component or place in it."""
_LONGEST_NUMBER = 100
_PLACEHOLDER_YEAR = 2900  # converters that know no date write 2999-01-01


@dataclass(frozen=True, slots=True)
class Identification:
    """What the metadata say: the work, and this text of it."""

    work: WorkIdentity
    lang: str
    date: date
    adopted: bool
    """The text itself says that it is adopted, whatever its document type says."""
    names: dict[str, str]
    """FRBRalias by its name in lower case, the expression's before the work's."""


def identify(document: etree._Element, title: str) -> Identification:
    """Read `document`'s identification; `title` (as printed) serves where the metadata are blank.

    Raises ImportProblem.
    """
    ident = child(child(document, "meta"), "identification")
    if ident is None:
        raise ImportProblem("has no meta/identification, so its work is unknown", line=document.sourceline or 0)
    line = ident.sourceline or 0
    work, expression = child(ident, "FRBRWork"), child(ident, "FRBRExpression")
    language = _value(expression, "FRBRlanguage", "language")
    if not language:
        raise ImportProblem("names no language (FRBRExpression/FRBRlanguage)", line=line)
    lang = bcp47(language, line=line)
    names = _aliases(expression)
    for key, value in _aliases(work).items():
        names.setdefault(key, value)
    uri = _uri(work)
    stands = _expression_date(expression)
    if not uri and not _value(work, "FRBRcountry"):
        return _from_print(title, lang, stands, names, line)
    if stands is None:
        stands = _date(_value(work, "FRBRdate", "date"))
    if stands is None:
        raise ImportProblem("has no date (FRBRExpression/FRBRdate)", line=line)
    return Identification(_work(document, work, uri, line), lang, stands, adopted=False, names=names)


def _from_print(title: str, lang: str, stands: date | None, names: dict[str, str], line: int) -> Identification:
    printed = from_title(title)
    if printed is None:
        raise ImportProblem("has empty FRBR data: FRBRuri and FRBRcountry say nothing, nor does the title", line=line)
    stands = stands or printed.made
    if stands is None:
        raise ImportProblem("has no date, neither in FRBRExpression/FRBRdate nor in its title", line=line)
    uri = f"/akn/eu/{printed.kind}/{printed.number}"
    work = WorkIdentity(jurisdiction="eu", kind=printed.kind, number=printed.number, frbr_uri=uri)
    return Identification(work, lang, stands, adopted=True, names={"citation": printed.citation} | names)


def _work(document: etree._Element, work: etree._Element | None, uri: str, line: int) -> WorkIdentity:
    segments = [s for s in uri.split("/") if s][1:] if uri.startswith("/akn/") else []
    jurisdiction = _word(segments[0] if segments else _value(work, "FRBRcountry"))
    if not jurisdiction:
        raise ImportProblem("names no jurisdiction (FRBRcountry, or /akn/COUNTRY in FRBRuri)", line=line)
    kind = _kind(document, work, segments[1:3])
    number = _value(work, "FRBRnumber")
    year = _YEAR.search(number) or _YEAR.search(_value(work, "FRBRdate", "date")) or _YEAR.search(uri)
    if number.isdigit() and year and not _YEAR.fullmatch(number):
        number = f"{year[0]}-{number}"  # numbers that begin anew each year
    number = _slug(number or "-".join(segments[2:]))
    if len(number) > _LONGEST_NUMBER:
        raise ImportProblem(f"has a number of more than {_LONGEST_NUMBER} characters", line=line)
    if not number:
        raise ImportProblem("names no number (FRBRnumber, or after the type in FRBRuri)", line=line)
    return WorkIdentity(
        jurisdiction=jurisdiction,
        kind=kind,
        number=number,
        frbr_uri=uri if segments and PLAIN_URI.match(uri) else f"/akn/{jurisdiction}/{kind}/{number}",
    )


def _kind(document: etree._Element, work: etree._Element | None, segments: list[str]) -> str:
    root = local(document)
    if root == "bill":
        return "bill"
    if root == "documentCollection":
        wrapper = document.getparent()
        inside = {local(e) for e in (document if wrapper is None else wrapper).iter()}
        return "bill" if "bill" in inside else "act" if "act" in inside else "collection"
    said = [_value(work, "FRBRsubtype"), document.get("name", ""), *segments, _value(work, "FRBRname")]
    for word in said:
        slug = _word(word)
        slug = _SYNONYMS.get(slug, slug)
        if slug in _KINDS:
            return slug
    if root in ("act", "portion"):
        return "act"
    return _word(document.get("name", "")) or ("document" if root == "doc" else root)


def _uri(work: etree._Element | None) -> str:
    uri = _value(work, "FRBRuri") or _value(work, "FRBRthis")
    uri = re.sub(r"/+", "/", uri.split("/!")[0]) if uri.startswith("/") else uri
    return uri.rstrip("/")


def _expression_date(expression: etree._Element | None) -> date | None:
    stands = _date(_value(expression, "FRBRdate", "date"))
    if stands is None:
        dated = re.search(r"@(\d{4}-\d\d-\d\d)", _value(expression, "FRBRuri") or _value(expression, "FRBRthis"))
        stands = _date(dated[1]) if dated else None
    return stands


def _date(text: str) -> date | None:
    """A date, perhaps with a zone or time behind it; None for a blank or a placeholder."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if found.year < _PLACEHOLDER_YEAR else None


def _value(parent: etree._Element | None, name: str, attribute: str = "value") -> str:
    element = child(parent, name)
    return "" if element is None else element.get(attribute, "").strip()


def _aliases(parent: etree._Element | None) -> dict[str, str]:
    if parent is None:
        return {}
    found: dict[str, str] = {}
    for element in parent:
        if local(element) == "FRBRalias" and element.get("value", "").strip():
            found.setdefault(element.get("name", "").lower(), element.get("value", "").strip())
    return found


def _slug(text: str) -> str:
    """What can stand in an address as it is: `Chapter 12/3` → `Chapter-12-3`."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")


def jurisdiction_of(uri: str) -> str:
    """`/akn/ca-port-lumen/by-law/1` → `ca-port-lumen`; empty for another kind of address."""
    return _word(uri.split("/")[2]) if PLAIN_URI.match(uri) else ""


def _word(text: str) -> str:
    """The same in lower case and without dots, as kinds and jurisdictions are written."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
