"""Reading the log of changes, and the content of versions as lines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from services.policy.documents.addresses import version_href
from services.policy.documents.domain import WorkKey
from services.policy.exports.domain import LINE_FORMAT, PART_CHANGES, Change, Part, PartRange
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which changes to give; None is any."""

    jurisdiction: str | None = None
    kind: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A version of a part."""

    id: int
    work: WorkKey
    href: str


async def last_change(connection: Connection) -> int:
    """The end of the log; 0 while nothing happened."""
    return int(await connection.fetchval(_SQL["last_change"]))


async def changes(connection: Connection, after: int, last: int, filters: Filters, limit: int) -> list[Change]:
    """Up to `limit` changes after `after`, none later than `last`."""
    rows = await connection.fetch(_SQL["changes"], after, last, filters.jurisdiction, filters.kind, filters.lang, limit)
    return [_change(row, None) for row in rows]


async def change(connection: Connection, seq: int) -> Change | None:
    """One change; None when the log does not have it."""
    row = await connection.fetchrow(_SQL["change"], seq)
    return None if row is None else _change(row, row["replaced_by"])


async def parts(connection: Connection, first: int, last: int) -> list[PartRange]:
    """The parts of the log from `first` to `last` that hold a version, in order."""
    rows = await connection.fetch(_SQL["parts"], first, last, PART_CHANGES, LINE_FORMAT)
    return [PartRange(row["first_seq"], row["last_seq"], row["fingerprint"]) for row in rows]


async def part_versions(connection: Connection, part: PartRange) -> list[VersionRef]:
    """The versions of a part in order."""
    rows = await connection.fetch(_SQL["part_versions"], part.first_seq, part.last_seq)
    return [
        VersionRef(row["version_id"], _work(row), version_href(_work(row), row["lang"], row["date"])) for row in rows
    ]


async def count_works(connection: Connection, last: int) -> int:
    """The works that have a version in the parts up to `last`."""
    return int(await connection.fetchval(_SQL["count_works"], last))


async def built_parts(connection: Connection, wanted: Sequence[PartRange]) -> Mapping[bytes, Part]:
    """By fingerprint, those of `wanted` that were read before."""
    rows = await connection.fetch(_SQL["built_parts"], [part.fingerprint for part in wanted])
    return {row["fingerprint"]: _part(row) for row in rows}


async def part_of_sha256(connection: Connection, sha256: bytes) -> Part | None:
    """The part with this content, as far as it was named by a manifest of the last day."""
    row = await connection.fetchrow(_SQL["part_of_sha256"], sha256)
    return None if row is None else _part(row)


async def add_part(connection: Connection, part: Part) -> None:
    """Keep what was found out about a part."""
    found = part.range
    await connection.execute(
        _SQL["add_part"], found.fingerprint, found.first_seq, found.last_seq, part.versions, part.works, part.size,
        part.sha256,
    )  # fmt: skip


async def drop_old_parts(connection: Connection, wanted: Sequence[PartRange]) -> None:
    """Forget parts, a day later, that are not in `wanted`."""
    await connection.execute(_SQL["drop_old_parts"], [part.fingerprint for part in wanted])


async def line(connection: Connection, version_id: int, href: str) -> bytes | None:
    """All of one version as JSON in UTF-8, with the line's end; None when it is no longer held."""
    found: bytes | None = await connection.fetchval(_SQL["line"], version_id)
    if found is None:
        return None
    # The address is percent-encoded as everywhere else, which SQL cannot do.
    return b'{"href":' + json.dumps(href, ensure_ascii=False).encode() + b"," + found[1:]


def _change(row: asyncpg.Record, replaced_by: int | None) -> Change:
    return Change(
        seq=row["seq"],
        at=row["at"],
        event=row["event"],
        version_id=row["version_id"],
        work=_work(row),
        lang=row["lang"],
        date=row["date"],
        revision=row["revision"],
        content_hash=row["content_hash"],
        replaced_by=replaced_by,
    )


def _part(row: asyncpg.Record) -> Part:
    found = PartRange(row["first_seq"], row["last_seq"], row["fingerprint"])
    return Part(found, row["versions"], row["works"], row["bytes"], row["sha256"])


def _work(row: asyncpg.Record) -> WorkKey:
    return WorkKey(row["jurisdiction"], row["kind"], row["number"])
