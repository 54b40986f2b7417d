"""Reading versions for comparison from PostgreSQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.policy.diffs.domain import Amendment, Part
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
    return await _parts(connection, "parts", version_ids)


async def places(connection: Connection, version_ids: Sequence[int]) -> list[list[Part]]:
    """The parts of each version without what they hold, which `contents` gives for those that matter."""
    return await _parts(connection, "places", version_ids)


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


async def _parts(connection: Connection, query: str, version_ids: Sequence[int]) -> list[list[Part]]:
    found: dict[int, list[Part]] = {version_id: [] for version_id in version_ids}
    for row in await connection.fetch(_SQL[query], list(version_ids)):
        part = Part._make(row)
        found[part.version_id].append(part)
    return [found[version_id] for version_id in version_ids]
