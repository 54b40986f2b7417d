"""From a parsed file to rows: checked, hashed, and in the order of the tables' columns."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from services.policy.imports.model import ImportProblem, ParsedProvision, ParsedVersion, Reference, WorkIdentity

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NUMBER = re.compile(r"[^\s/~?#%\\\x00-\x1f\x7f]+")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SUFFIXED = re.compile(r".+\.(?:json|html|txt|md|xml)")
_EID = re.compile(r"[^\s/~?#%\\\x00-\x1f\x7f]+")
_EXPRESSION = re.compile(r"[a-z]{3}|!.*|.*@.*")
"""Where an address leaves the work (/akn/country/kind/number…) for one of its texts."""
_MAX_NAME, _MAX_EID, _MAX_URI, _SORT_TITLE = 200, 300, 500, 300

ProvisionTuple = tuple[bytes, str, str, str, str, str, str, str]
"""hash, lang, kind, num, heading, note, content, text"""


@dataclass(frozen=True, slots=True)
class PreparedVersion:
    """A version ready to be written. Tuples are in column order, without the version's id."""

    work: WorkIdentity
    lang: str
    date: date
    columns: tuple[Any, ...]
    """title, sort_title, long_title, citations, subjects, status, in_force_from, last_amended, source_ids"""
    content_hash: bytes
    provisions: tuple[ProvisionTuple, ...]
    placements: tuple[tuple[Any, ...], ...]
    """ordinal, parent, level, eid, hash, status, in_force_from, in_force_to, last_amended, source_id, terms"""
    citations: tuple[tuple[Any, ...], ...]
    """ordinal, relation, seq, target_uri, target_eid, label"""


def prepare(parsed: ParsedVersion) -> PreparedVersion:
    """Rows of `parsed`; raises ImportProblem for what could not be stored or addressed."""
    _check(parsed)
    provisions = tuple(_provision(part, parsed.lang) for part in parsed.provisions)
    placements = tuple(_placements(parsed.provisions, provisions))
    columns = (
        parsed.title,
        sort_key(parsed.title),
        parsed.long_title,
        list(parsed.citations),
        list(parsed.subjects),
        parsed.status.value,
        parsed.in_force_from,
        parsed.last_amended,
        json.dumps(parsed.source_ids, sort_keys=True),
    )
    return PreparedVersion(
        parsed.work,
        parsed.lang,
        parsed.date,
        columns,
        _content_hash(parsed, placements),
        provisions,
        placements,
        tuple(_citations(parsed)),
    )


def sort_key(title: str) -> str:
    """`title` as it is ordered: without accents, case and leading punctuation; cut to what an index holds."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", title.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"\A\W+", "", plain).split())[:_SORT_TITLE]


def _check(parsed: ParsedVersion) -> None:
    work = parsed.work
    for what, name in (("jurisdiction", work.jurisdiction), ("kind", work.kind)):
        if not _SLUG.fullmatch(name) or len(name) > _MAX_NAME:
            raise ImportProblem(f"the {what} {name!r} is not made of small letters, digits and hyphens")
    for number in (work.number, *work.aliases):
        if not _NUMBER.fullmatch(number) or len(number) > _MAX_NAME or _SUFFIXED.fullmatch(number):
            raise ImportProblem(f"the number {number!r} cannot be part of an address")
    if not _LANG.fullmatch(parsed.lang):
        raise ImportProblem(f"the language {parsed.lang!r} is not a language tag such as en")
    if not parsed.title.strip():
        raise ImportProblem("there is no title")
    seen: set[str] = set()
    for part in parsed.provisions:
        if part.eid in seen:
            raise ImportProblem(f"two provisions have the eId {part.eid}")
        if not _EID.fullmatch(part.eid) or len(part.eid) > _MAX_EID or _SUFFIXED.fullmatch(part.eid):
            raise ImportProblem(f"the eId {part.eid!r} cannot be part of an address")
        seen.add(part.eid)


def _provision(part: ParsedProvision, lang: str) -> ProvisionTuple:
    lang = part.lang or lang
    identity = "\0".join((lang, part.kind, part.num, part.heading, part.note, part.content))
    digest = hashlib.sha256(identity.encode()).digest()
    return digest, lang, part.kind, part.num, part.heading, part.note, part.content, part.text


def _placements(parts: tuple[ParsedProvision, ...], rows: tuple[ProvisionTuple, ...]) -> list[tuple[Any, ...]]:
    open_parts: list[tuple[int, int]] = []  # (level, ordinal) of what the next part may stand in
    placed = []
    for ordinal, (part, row) in enumerate(zip(parts, rows, strict=True)):
        while open_parts and open_parts[-1][0] >= part.level:
            open_parts.pop()
        parent = open_parts[-1][1] if open_parts else None
        open_parts.append((part.level, ordinal))
        placed.append(
            (ordinal, parent, part.level, part.eid, row[0], part.status.value, part.in_force_from, part.in_force_to,
             part.last_amended, part.source_id, list(part.terms))
        )  # fmt: skip
    return placed


def _content_hash(parsed: ParsedVersion, placements: tuple[tuple[Any, ...], ...]) -> bytes:
    """SHA-256 over everything that is shown; not over where the file lay or the source's own ids."""
    digest = hashlib.sha256()
    head = [
        parsed.title, parsed.long_title, parsed.citations, parsed.subjects, parsed.status, str(parsed.in_force_from),
        str(parsed.last_amended), [(r.href, r.label) for r in chain(parsed.enabling, parsed.amended_by)],
    ]  # fmt: skip
    digest.update(json.dumps(head).encode())
    for _, _, level, eid, identity, status, start, end, amended, _, _ in placements:
        digest.update(identity)
        digest.update(f"{level}\0{eid}\0{status}\0{start}\0{end}\0{amended}\n".encode())
    return digest.digest()


def _citations(parsed: ParsedVersion) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []

    def add(ordinal: int, relation: str, references: tuple[Reference, ...]) -> None:
        for seq, reference in enumerate(references):
            uri, eid = split_reference(reference.href, parsed.work.frbr_uri)
            rows.append((ordinal, relation, seq, uri, eid, reference.label))

    add(-1, "enabled-by", parsed.enabling)
    add(-1, "amended-by", parsed.amended_by)
    for ordinal, part in enumerate(parsed.provisions):
        add(ordinal, "cites", part.references)
    return rows


def split_reference(href: str, own_uri: str) -> tuple[str, str]:
    """The cited work's FRBR address and the eId in it. What is neither an AKN address nor `#eid` names no target."""
    if href.startswith("#"):
        return own_uri, href[1:][:_MAX_EID]
    if not href.startswith("/akn/"):
        return "", ""
    uri, _, eid = href.partition("~")
    parts = uri.rstrip("/").split("/")
    end = next((at for at in range(5, len(parts)) if _EXPRESSION.fullmatch(parts[at])), len(parts))
    uri = "/".join(parts[:end])
    return (uri, eid[:_MAX_EID]) if len(uri) <= _MAX_URI else ("", "")
