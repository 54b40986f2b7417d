"""Citations that can be checked: an address with a date, and the SHA-256 of what was cited. Pure.

Two digests are given out, both made when a text is imported:

- of a provision (`hash`): SHA-256 of its language, kind, num, heading, note and markup, joined by NUL, in UTF-8;
- of a version (`content_hash`): SHA-256 of a head, as JSON, and for each provision in order its digest (32 bytes) and
  a line with its level, eId, status and dates, joined by NUL.

`provision_material` and `version_material` are these bytes. docs/api.md gives them to third parties.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.policy.documents.domain import ProvisionRow, Version, WorkKey

Day = date
State = Literal["matched", "differs", "not-held", "not-found", "withdrawn"]
"""Not held: the work, its language or the date is not held here, so nothing can be said. Not found: the version is
held, and has no such provision. Withdrawn: the version was held and is here no more; its digest is."""


@dataclass(frozen=True, slots=True)
class Address:
    """What is cited: a version, or a provision of one when there is an eId."""

    key: WorkKey
    lang: str
    day: Day | None
    """None: the current version."""
    eid: str
    known_at: Day | None = None
    """The day by which it was known; None: everything that is held."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a citation says stands at an address: a digest, or else the words."""

    address: Address
    sha256: bytes | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a claim."""

    state: State
    href: str | None = None
    """The permanent address of what is held, as near as the claim names it."""
    sha256: bytes | None = None
    """Of what is held; None when nothing is."""
    earlier_revision: int | None = None
    """The digest is that of a text which its publisher has since corrected under the same date."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A provision in its version, as far as the version's digest covers it."""

    hash: bytes
    level: int
    eid: str
    status: str
    in_force_from: Day | None
    in_force_to: Day | None
    last_amended: Day | None


def folded(text: str) -> str:
    """`text` with every run of white space as one space, so that line breaks and indents do not count."""
    return " ".join(text.split())


def provision_material(row: ProvisionRow) -> bytes:
    """The bytes whose SHA-256 is the provision's hash."""
    return "\0".join((row.lang, row.kind, row.num, row.heading, row.note, row.content)).encode()


def version_material(version: Version, references: Sequence[tuple[str, str]], placements: Iterable[Placement]) -> bytes:
    """The bytes whose SHA-256 is the version's; `references` are the acts it is made under, then those that amended it,
    each by address and label."""
    head = [
        version.title, version.long_title, version.citations, version.subjects, version.stated_status,
        str(version.in_force_from), str(version.last_amended), references,
    ]  # fmt: skip
    parts = [json.dumps(head).encode()]
    for row in placements:
        parts.append(row.hash)
        rest = (row.level, row.eid, row.status, row.in_force_from, row.in_force_to, row.last_amended)
        parts.append(("\0".join(map(str, rest)) + "\n").encode())
    return b"".join(parts)
