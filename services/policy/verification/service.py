"""Checks citations against what is held, and gives out what their digests were made of."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import date

from services.policy.documents import repo as documents
from services.policy.documents.addresses import Format, provision_href, version_href
from services.policy.documents.domain import (
    Expression,
    ProvisionNotFound,
    ProvisionRow,
    VersionHead,
    VersionNotFound,
    Work,
    WorkKey,
    standing_on,
)
from services.policy.documents.parts import part_of
from services.policy.documents.render import provision_text
from services.policy.documents.writing import written_version
from services.policy.verification import repo
from services.policy.verification.domain import (
    Address,
    Claim,
    Verdict,
    folded,
    provision_material,
    version_material,
)
from shared.db import Connection, Database
from shared.errors import NotFound, NotHeld


class NotReproducible(NotHeld):
    """The source wrote its references in a form that is not stored; the digest compares, but cannot be made anew."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held at an address."""

    work: Work
    head: VersionHead


async def verify(database: Database, claims: list[Claim], today: date) -> list[Verdict]:
    """A verdict for each claim, in order, over one snapshot of what is held."""
    works: dict[WorkKey, Work | None] = {}
    async with database.transaction(readonly=True) as connection:
        return [await _verify(connection, claim, works, today) for claim in claims]


async def material(database: Database, address: Address, today: date) -> bytes:
    """The bytes whose SHA-256 is the digest of what is at `address`.

    For a part of a provision these are the provision's. Raises NotHeld, ProvisionNotFound or NotReproducible.
    """
    async with database.transaction(readonly=True) as connection:
        held = await _held(connection, address, {}, today)
        if address.eid:
            row, _ = await _provision(connection, held, address.eid)
            return provision_material(row)
        version = await documents.version(connection, held.head.id)
        references = await repo.references(connection, held.head.id)
        made = version_material(version, references, await repo.placements(connection, held.head.id))
    if hashlib.sha256(made).digest() != version.content_hash:
        raise NotReproducible("This version's references are not stored as its source spelt them.")
    return made


async def _verify(connection: Connection, claim: Claim, works: dict[WorkKey, Work | None], today: date) -> Verdict:
    address = claim.address
    try:
        held = await _held(connection, address, works, today)
    except (NotHeld, VersionNotFound) as error:
        return Verdict("not-held", detail=error.detail)
    key, head = held.work.key, held.head
    if not address.eid:
        href = version_href(key, head.lang, head.date)
        digest = await repo.hash_of_version(connection, head.id)
        same = digest == claim.sha256 if claim.text is None else await _is_text_of(connection, held, claim.text)
    else:
        try:
            whole, part = await _provision(connection, held, address.eid)
        except NotFound as error:
            return Verdict("not-found", version_href(key, head.lang, head.date), detail=error.detail)
        href, digest = provision_href(key, head.lang, head.date, address.eid), whole.hash
        same = digest == claim.sha256 if claim.text is None else folded(claim.text) in _wordings(part)
    if same:
        return Verdict("matched", href, digest)
    earlier = None
    if claim.sha256 is not None:
        eid = whole.eid if address.eid else ""
        earlier = await repo.earlier_revision(connection, held.work.id, head.lang, head.date, claim.sha256, eid)
    return Verdict("differs", href, digest, earlier)


async def _held(connection: Connection, address: Address, works: dict[WorkKey, Work | None], today: date) -> _Held:
    """Raises NotHeld or VersionNotFound."""
    if address.key not in works:
        works[address.key] = await _work(connection, address.key, today)
    work = works[address.key]
    if work is None:
        raise NotHeld("This policy is not held here.")
    current = work.current(address.lang)
    if address.day is None and current is not None:
        return _Held(work, current)
    return _Held(work, standing_on(work.versions, address.lang, address.day or today))


async def _work(connection: Connection, key: WorkKey, today: date) -> Work | None:
    work = await documents.work(connection, key, today)
    if work is not None and work.versions:
        return work
    canonical = await documents.work_of_alias(connection, key)
    return None if canonical is None else await documents.work(connection, canonical, today)


async def _provision(connection: Connection, held: _Held, eid: str) -> tuple[ProvisionRow, ProvisionRow]:
    """The provision that `eid` names or stands in, and what it names; raises ProvisionNotFound."""
    parts = eid.split("__")
    candidates = ["__".join(parts[:count]) for count in range(1, len(parts) + 1)]
    row = await documents.provision(connection, held.head.id, candidates)
    if row is None:
        raise ProvisionNotFound("This version has no such provision.")
    return row, row if row.eid == eid else part_of(row, eid)


def _wordings(row: ProvisionRow) -> set[str]:
    """A provision's words, alone and below its number and headings as its text representation has them."""
    return {folded(row.text), folded(provision_text(row))}


async def _is_text_of(connection: Connection, held: _Held, text: str) -> bool:
    """Whether these are the words of the version's text representation."""
    wanted = folded(text)
    if await repo.size_of_text(connection, held.head.id) > 2 * len(wanted.encode()) + 1000:
        return False  # far too short to be it: do not write out a long act to see that
    version = await documents.version(connection, held.head.id)
    rows = await documents.provisions(connection, held.head.id, content=True, text=False)
    found = Expression(held.work, version, is_current=held.head.is_current, previous=None, next=None)
    written = await asyncio.to_thread(written_version, replace(found, provisions=rows), Format.TXT, "text")
    return folded(written.decode()) == wanted
