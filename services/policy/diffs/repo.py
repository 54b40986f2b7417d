"""Reading versions for comparison from PostgreSQL."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.policy.diffs.domain import Amendment, Part, Sides
from services.policy.documents.domain import WorkKey
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class Content:
    """A stored provision's text, not yet written out."""

    hash: bytes
    num: str
    heading: str
    note: str
    content: str
    kind: str
    lang: str


@dataclass(frozen=True, slots=True)
class SourceDates:
    """What the source says of a version's dates."""

    last_amended: date | None
    in_force_from: date | None


async def parts(connection: Connection, version_ids: Sequence[int]) -> list[list[Part]]:
    """The parts of each version, in the order of `version_ids`."""
    found: dict[int, list[Part]] = {version_id: [] for version_id in version_ids}
    for row in await connection.fetch(_SQL["parts"], list(version_ids)):
        part = Part._make(row)
        found[part.version_id].append(part)
    return [found[version_id] for version_id in version_ids]


async def sides(connection: Connection, pairs: Sequence[tuple[int, int]]) -> list[Sides]:
    """Each (old, new) pair of versions side by side."""
    rows = await connection.fetch(_SQL["sides"], [old for old, _ in pairs], [new for _, new in pairs])
    wanted = {
        (version_id, ordinal)
        for row, versions in zip(rows, pairs, strict=True)
        for version_id, ordinals in zip(versions, (row["old"], row["new"]), strict=True)
        for ordinal in ordinals or ()
    }
    held = await parts_at(connection, wanted)

    def others(version_id: int, ordinals: list[int] | None) -> list[Part]:
        return [held[version_id, ordinal] for ordinal in sorted(ordinals or ())]

    return [
        Sides(
            dict(zip(row["kept_new"] or (), row["kept_old"] or (), strict=True)),
            others(old, row["old"]),
            others(new, row["new"]),
        )
        for row, (old, new) in zip(rows, pairs, strict=True)
    ]


async def parts_at(connection: Connection, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], Part]:
    """Single parts, by (version, ordinal)."""
    if not places:
        return {}
    rows = await connection.fetch(_SQL["parts_at"], [place[0] for place in places], [place[1] for place in places])
    return {(part.version_id, part.ordinal): part for part in map(Part._make, rows)}


async def parts_named(connection: Connection, version_ids: Sequence[int], eids: Sequence[str]) -> list[Part]:
    """The parts of any of these versions that have one of these eIds."""
    return [Part._make(row) for row in await connection.fetch(_SQL["parts_named"], list(version_ids), list(eids))]


async def notes(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, str]:
    """The markup of the last historical note of each of these provisions; empty where there is none."""
    return {row["hash"]: row["note"] for row in await connection.fetch(_SQL["notes"], list(hashes))}


async def contents(connection: Connection, hashes: Iterable[bytes]) -> list[Content]:
    """The texts of these provisions."""
    return [Content(*row.values()) for row in await connection.fetch(_SQL["contents"], list(hashes))]


async def amendments(connection: Connection, version_ids: Sequence[int]) -> list[list[Amendment]]:
    """The amendments that each version names, in the order of `version_ids`."""
    found: dict[int, list[Amendment]] = {version_id: [] for version_id in version_ids}
    for row in await connection.fetch(_SQL["amendments"], list(version_ids)):
        held = row["number"] is not None
        work = WorkKey(row["jurisdiction"], row["kind"], row["number"]) if held else None
        found[row["version_id"]].append(Amendment(row["label"], "amended-by", row["target_uri"], work))
    return [found[version_id] for version_id in version_ids]


async def source_dates(connection: Connection, version_ids: Sequence[int]) -> dict[int, SourceDates]:
    """The source's dates, by version."""
    rows = await connection.fetch(_SQL["source_dates"], list(version_ids))
    return {row["id"]: SourceDates(row["last_amended"], row["in_force_from"]) for row in rows}
