"""What an exported document says of its version, read back to the letter where others are interpreted."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from services.policy.documents.akn_marks import HREF
from services.policy.imports.akoma_ntoso.elements import child, local
from services.policy.imports.akoma_ntoso.frbr import jurisdiction_of
from services.policy.imports.model import ImportProblem, Reference, WorkIdentity, WorkStatus


def read_version(document: etree._Element, about: etree._Element, path: str) -> dict[str, Any]:
    """The fields of a ParsedVersion, but for its provisions; `about` is the mark. Raises ImportProblem."""
    line = about.sourceline or 0
    meta = child(document, "meta")
    ident = child(meta, "identification")
    work, expression = child(ident, "FRBRWork"), child(ident, "FRBRExpression")
    uri = child(work, "FRBRuri")
    named = list(_aliases(work))
    titles = dict(_aliases(expression))
    missing = [k for k in ("jurisdiction", "kind", "number", "lang", "date", "status") if not about.get(k)]
    if missing or uri is None:
        raise ImportProblem(f"the mark of the version lacks {', '.join(missing) or 'its FRBRuri'}", line=line)
    if jurisdiction_of(uri.get("value", "")) != about.get("jurisdiction"):
        raise ImportProblem(f"FRBRuri is not of the jurisdiction {about.get('jurisdiction')}", line=uri.sourceline or 0)
    try:
        status = WorkStatus(about.get("status", ""))
        stands = date.fromisoformat(about.get("date", ""))
        begins, amended = (_day(about.get(name)) for name in ("inForceFrom", "lastAmended"))
    except ValueError as problem:
        raise ImportProblem(f"the mark of the version is wrong: {problem}", line=line) from None
    return {
        "work": WorkIdentity(
            jurisdiction=about.get("jurisdiction", ""),
            kind=about.get("kind", ""),
            number=about.get("number", ""),
            frbr_uri=uri.get("value", ""),
            aliases=tuple(value for name, value in named if name == "number"),
        ),
        "lang": about.get("lang", ""),
        "date": stands,
        "title": titles.get("title", ""),
        "long_title": titles.get("longTitle", ""),
        "citations": tuple(value for name, value in named if name == "citation"),
        "subjects": tuple(e.get("showAs", "") for e in _all(meta, "classification", "keyword")),
        "status": status,
        "in_force_from": begins,
        "last_amended": amended,
        "enabling": tuple(
            _reference(e) for e in _all(meta, "references", "TLCReference") if e.get("name") == "enabled-by"
        ),
        "amended_by": tuple(_reference(e) for e in _all(meta, "references", "passiveRef")),
        "source_ids": {"path": path}
        | {name.removeprefix("source:"): value for name, value in named if name.startswith("source:")},
    }


def _aliases(level: etree._Element | None) -> Iterator[tuple[str, str]]:
    for element in level if level is not None else ():
        if local(element) == "FRBRalias":
            yield element.get("name", ""), element.get("value", "")


def _all(meta: etree._Element | None, section: str, name: str) -> Iterator[etree._Element]:
    for part in meta if meta is not None else ():
        if local(part) == section:
            yield from (e for e in part if local(e) == name)


def _reference(element: etree._Element) -> Reference:
    href = element.get(HREF) or element.get("href") or ""
    return Reference(href if href.startswith(("#", "/akn/")) else "", element.get("showAs", ""))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
