"""One law file through the importer, held against the source, the facts about it, and its other language.

A check gives its findings as text, an empty list when all is well, so that worker processes can hand them back.
"""

import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.policy.documents.vocabulary import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS, SAFE_HREF
from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.model import ParsedVersion
from tests.fidelity.canada_laws_source import Row, first_difference, fold, markup_text, pair_key, rows_text, source_text

_EID = re.compile(r"[A-Za-z0-9._-]+")
_WORKS: dict[str, zipfile.ZipFile] = {}


@dataclass(frozen=True, slots=True)
class Task:
    """A file of an archive; `facts` is its line of facts.jsonl, where there is one."""

    archive: str
    path: str
    facts: str = ""


def rows(version: ParsedVersion) -> Iterable[Row]:
    """The provisions as they are stored."""
    return ((p.num, p.heading, p.note, p.content) for p in version.provisions)


def compare(data: bytes, stored: Iterable[Row]) -> str:
    """Where the stored text parts from the source's, empty when they are equal."""
    difference = first_difference(source_text(data), rows_text(stored))
    if difference is None:
        return ""
    return f"text differs at {difference.offset}: {difference.source!r} became {difference.imported!r}"


def check(task: Task) -> list[str]:
    """Everything wrong with the import of one file."""
    archive = _WORKS.get(task.archive) or _WORKS.setdefault(task.archive, zipfile.ZipFile(task.archive))
    data = archive.read(task.path)
    importer = CanadaLaws()
    version = importer.parse(task.path, data)
    found = [compare(data, rows(version)), *_markup(version)]
    if task.facts:
        facts = json.loads(task.facts)
        found += _facts(version, facts)
        other = importer.parse(facts["other_language"], archive.read(facts["other_language"]))
        if other.work != version.work:
            found.append(f"is {version.work}, its other language is {other.work}")
        found.append(_pairing(version, other))
    return [f"{task.path}: {problem}" for problem in found if problem]


def _markup(version: ParsedVersion) -> Iterable[str]:
    eids = [p.eid for p in version.provisions]
    if len(eids) != len(set(eids)):
        yield f"eids are given twice: {sorted({e for e in eids if eids.count(e) > 1})[:3]}"
    for p in version.provisions:
        if not _EID.fullmatch(p.eid):
            yield f"odd eid {p.eid!r}"
        if p.text != markup_text(p.content):
            yield f"{p.eid}: text is not the text of its content"
        inner: list[str] = []
        for element in ET.fromstring(f"<p>{p.content}</p>").iter():  # noqa: S314 - written by the importer
            if element.tag not in ALLOWED_ELEMENTS or not ALLOWED_ATTRIBUTES.issuperset(element.attrib):
                yield f"{p.eid}: {element.tag} {sorted(element.attrib)} is not in the vocabulary"
            if not SAFE_HREF.match(element.get("href", "#x")):
                yield f"{p.eid}: unsafe href {element.get('href')!r}"
            if eid := element.get("eId"):
                inner.append(eid)
        if len(inner) != len(set(inner)):
            yield f"{p.eid}: eIds inside it are given twice"


def _pairing(version: ParsedVersion, other: ParsedVersion) -> str:
    """The sections of the main text have the same eids in both languages."""
    mine, theirs = ({p.eid for p in v.provisions if p.eid.startswith("sec_")} for v in (version, other))
    return f"sections without their like: {sorted(mine ^ theirs)[:5]}" if mine != theirs else ""


def _facts(version: ParsedVersion, facts: dict[str, Any]) -> Iterable[str]:
    if pair_key(version.source_ids["path"]) != facts["pair_key"]:
        yield f"pair key should be {facts['pair_key']}"
    short, long = fold(facts["short_title"] or ""), fold(facts["long_title_200"] or "")
    if short and version.title != short:
        yield f"title is {version.title!r}, should be {short!r}"
    if long and not version.long_title.startswith(long):
        yield f"long title is {version.long_title!r}, should begin {long!r}"
    if facts["instrument_number"] and fold(facts["instrument_number"]) not in version.citations:
        yield f"is not cited as {facts['instrument_number']!r}"
    if (facts["last_amended"] or "") != str(version.last_amended or ""):
        yield f"last amended {version.last_amended}, should be {facts['last_amended']}"
    if version.lang != facts["lang"] or version.work.kind != {"act": "act"}.get(facts["kind"], "regulation"):
        yield f"is {version.lang} {version.work.kind}, should be {facts['lang']} {facts['kind']}"
    sections = sum((p.kind == "section") + p.content.count("<section ") for p in version.provisions)
    if sections != facts["section_elements"]:
        yield f"{sections} sections, should be {facts['section_elements']}"


def read_facts(folder: Path) -> dict[str, str]:
    """Path to its line of facts.jsonl."""
    lines = (folder / "facts.jsonl").read_text(encoding="utf-8-sig").splitlines()
    return {json.loads(line)["path"]: line for line in lines if line.strip()}
