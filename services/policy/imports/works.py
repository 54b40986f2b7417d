"""Writing works, their other numbers and the names of their jurisdictions, the same in whatever order they come."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from services.policy.imports.connection import Connection
from services.policy.imports.prepare import PreparedVersion
from shared.sql import load_queries

_SQL = load_queries(__file__)
WorkAddress = tuple[str, str, str]
"""Jurisdiction, kind and number."""
Names = Mapping[str, Mapping[str, str]]
"""Jurisdiction to language to name."""


def work_address(prepared: PreparedVersion) -> WorkAddress:
    """The work that this is a version of."""
    return prepared.work.jurisdiction, prepared.work.kind, prepared.work.number


async def works_of(connection: Connection, prepared: Sequence[PreparedVersion]) -> dict[WorkAddress, int]:
    """Ids of the works, added where they are new."""
    if not prepared:
        return {}
    uris = {work_address(version): version.work.frbr_uri for version in prepared}
    columns = tuple(map(list, zip(*uris, strict=True)))
    found = await _known_works(connection, columns)
    if len(found) < len(uris):
        await connection.execute(_SQL["add_works"], *columns, list(uris.values()))
        found = await _known_works(connection, columns)
    first = sorted(prepared, key=lambda version: version.work.frbr_uri, reverse=True)
    aliases = {
        (version.work.jurisdiction, version.work.kind, alias): found[work_address(version)]
        for version in first
        for alias in version.work.aliases
        if alias != version.work.number
    }
    if aliases:
        alias_columns = tuple(map(list, zip(*aliases, strict=True)))
        await connection.execute(_SQL["add_aliases"], *alias_columns, list(aliases.values()))
    return found


async def _known_works(connection: Connection, columns: tuple[list[str], ...]) -> dict[WorkAddress, int]:
    rows = await connection.fetch(_SQL["works"], *columns)
    return {(row["jurisdiction"], row["kind"], row["number"]): row["id"] for row in rows}


async def name_jurisdictions(connection: Connection, releases: Mapping[str, date], names: Names) -> None:
    """Add the jurisdictions in `releases`, each as the latest of these releases to name it calls it.

    In transactions of its own, since all batches share these rows and would wait for each other.
    """
    wanted = sorted(releases)
    known = {row["id"]: row for row in await connection.fetch(_SQL["known_jurisdictions"], wanted)}
    missing = [name for name in wanted if name not in known]
    if missing:
        await connection.execute(_SQL["add_jurisdictions"], missing)
    stale = [
        name
        for name in wanted
        if name in missing or _named(known[name]["names"], known[name]["named"], names.get(name, {}), releases[name])
    ]
    if not stale:
        return
    async with connection.transaction():
        for row in await connection.fetch(_SQL["jurisdictions_to_name"], stale):
            new = _named(row["names"], row["named"], names.get(row["id"], {}), releases[row["id"]])
            if new is not None:
                await connection.execute(_SQL["name_jurisdiction"], row["id"], *map(json.dumps, new))


def _named(
    names: str, named: str, given: Mapping[str, str], release: date
) -> tuple[dict[str, str], dict[str, str]] | None:
    """Names by language and the release of each after `given`, as they are after that; None when nothing changes."""
    words: dict[str, str] = json.loads(names)
    since: dict[str, str] = json.loads(named)
    newer = {
        lang: name
        for lang, name in given.items()
        if (release.isoformat(), name) > (since.get(lang, ""), words.get(lang, ""))
    }
    if not newer:
        return None
    return words | newer, since | dict.fromkeys(newer, release.isoformat())
