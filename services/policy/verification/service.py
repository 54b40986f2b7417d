"""Checks citations against what is held, and gives out what their digests were made of."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import date

from services.policy.documents import repo as documents
from services.policy.documents.addresses import Format
from services.policy.documents.axes import known_by
from services.policy.documents.domain import (
    Axes,
    ProvisionNotFound,
    ProvisionRow,
    VersionHead,
    VersionNotFound,
    VersionWithdrawn,
    Work,
    WorkKey,
    WorkNotFound,
    standing_on,
)
from services.policy.documents.parts import part_of
from services.policy.documents.render import provision_text
from services.policy.documents.standing import Alias, find_work, surroundings, withdrawn
from services.policy.documents.wire import permanent_href
from services.policy.documents.writing import plain_words, written_version
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


Works = dict[tuple[WorkKey, date | None], Work | None]
"""By key and the day by which it was known."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held at an address."""

    work: Work
    head: VersionHead


async def verify(database: Database, claims: list[Claim], today: date) -> list[Verdict]:
    """A verdict for each claim, in order, over one snapshot of what is held."""
    works: Works = {}
    async with database.transaction(readonly=True) as connection:
        return [await _verify(connection, claim, works, today) for claim in claims]


async def material(database: Database, address: Address, today: date) -> bytes:
    """The bytes whose SHA-256 is the digest of what is at `address`.

    For a part of a provision these are the provision's. Raises NotHeld, VersionWithdrawn, ProvisionNotFound or
    NotReproducible.
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


async def _verify(connection: Connection, claim: Claim, works: Works, today: date) -> Verdict:
    address = claim.address
    try:
        held = await _held(connection, address, works, today)
    except (NotHeld, VersionNotFound) as error:
        return Verdict("not-held", detail=error.detail)
    except VersionWithdrawn as error:
        (last, *_) = error.members["tombstones"]
        return Verdict("withdrawn", last["href"], bytes.fromhex(last["content_hash"]), detail=error.detail)
    key, head = held.work.key, held.head
    if not address.eid:
        href = permanent_href(key, head)
        digest = await repo.hash_of_version(connection, head.id)
        same = digest == claim.sha256 if claim.text is None else await _is_text_of(connection, held, claim.text, today)
    else:
        try:
            whole, part = await _provision(connection, held, address.eid)
        except NotFound as error:
            return Verdict("not-found", permanent_href(key, head), detail=error.detail)
        href, digest = permanent_href(key, head, address.eid), whole.hash
        same = digest == claim.sha256 if claim.text is None else folded(claim.text) in _wordings(part)
    if same:
        return Verdict("matched", href, digest)
    earlier = None
    if claim.sha256 is not None:
        eid = whole.eid if address.eid else ""
        earlier = await repo.earlier_revision(connection, held.work.id, head.lang, head.date, claim.sha256, eid)
    return Verdict("differs", href, digest, earlier)


async def _held(connection: Connection, address: Address, works: Works, today: date) -> _Held:
    """Raises NotHeld, VersionNotFound or VersionWithdrawn."""
    known_at = known_by(address.known_at, today)
    if (address.key, known_at) not in works:
        works[address.key, known_at] = await _work(connection, address.key, Axes(today, known_at=known_at))
    work = works[address.key, known_at]
    if work is None:
        raise NotHeld("This policy is not held here.")
    current = work.current(address.lang)
    if address.day is None and current is not None:
        return _Held(work, current)
    if not any((head.lang, head.date) == (address.lang, address.day) for head in work.versions):
        buried = await documents.tombstones(connection, work.id, address.lang, address.day)
        if buried:
            raise withdrawn(work.key, buried)
    head = standing_on((*work.versions, *work.withdrawn), address.lang, address.day or today)
    if head.withdrawn:
        raise withdrawn(work.key, await documents.tombstones(connection, work.id, head.lang, head.date))
    return _Held(work, head)


async def _work(connection: Connection, key: WorkKey, axes: Axes) -> Work | None:
    try:
        found = await find_work(connection, key, axes)
        return await _work(connection, found.key, axes) if isinstance(found, Alias) else found
    except WorkNotFound:
        return None


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


async def _is_text_of(connection: Connection, held: _Held, text: str, today: date) -> bool:
    """Whether these are the words of the version's text representation, with or without what is noted in it."""
    wanted = folded(text)
    if await repo.size_of_text(connection, held.head.id) > 2 * len(wanted.encode()) + 1000:
        return False  # far too short to be it: do not write out a long act to see that
    found = await surroundings(connection, held.work, held.head, Axes(today, known_at=held.work.known_at))
    rows = await documents.provisions(connection, held.head.id, content=True, text=False)

    def written() -> set[str]:
        noted = written_version(replace(found, provisions=rows), Format.TXT, "text").decode()
        return {folded(noted), folded(plain_words(found.version.title, rows))}

    return wanted in await asyncio.to_thread(written)
