"""Reading texts at their permanent addresses, some in one question to the database: what nearly everybody asks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from services.policy.documents.domain import (
    Expression,
    ProvisionRow,
    Version,
    VersionHead,
    Work,
    WorkKey,
    status_on,
)
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__, "exact.sql")
MOST = 16
"""How many may be asked for in one question."""

Day = date


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version is, or a provision of it."""

    key: WorkKey
    lang: str
    date: Day
    eid: str = ""


async def version_rows(
    connection: Connection, places: Sequence[Place], today: date, *, text: bool
) -> list[asyncpg.Record | None]:
    """For each place, what is stored of its version, the provisions written out as JSON; None where nothing has just
    this address."""
    rows = await connection.fetch(_SQL["exact_versions"], *_columns(places), today, text)
    return _in_places(rows, len(places))


async def provision_rows(
    connection: Connection, places: Sequence[Place], today: date, *, content: bool
) -> list[asyncpg.Record | None]:
    """For each place, what is stored of its provision, perhaps with its markup, and of the version it is in; None where
    nothing has just this address."""
    eids = [place.eid for place in places]
    rows = await connection.fetch(_SQL["exact_provisions"], *_columns(places), today, eids, content)
    return _in_places(rows, len(places))


def provision_in(row: asyncpg.Record) -> tuple[ProvisionRow, list[tuple[str, str]]]:
    """The provision of a row, with (num, heading) of what it stands in, outermost first."""
    found = ProvisionRow(
        kind=row["part_kind"], eid=row["eid"], num=row["num"], heading=row["heading"], note=row["note"],
        content=row["content"], text=row["text"], lang=row["part_lang"], status=row["part_status"], level=row["level"],
        in_force_from=row["part_from"], in_force_to=row["part_to"], hash=row["hash"], ordinal=row["ordinal"],
        parent=row["parent"],
    )  # fmt: skip
    return found, [(num, heading) for num, heading in row["path"]]


def _in_places(rows: Sequence[asyncpg.Record], count: int) -> list[asyncpg.Record | None]:
    found: list[asyncpg.Record | None] = [None] * count
    for row in rows:
        found[row["place"] - 1] = row
    return found


def _columns(places: Sequence[Place]) -> tuple[list[str], list[str], list[str], list[str], list[date]]:
    return (
        [place.key.jurisdiction for place in places],
        [place.key.kind for place in places],
        [place.key.number for place in places],
        [place.lang for place in places],
        [place.date for place in places],
    )


def expression_in(row: asyncpg.Record, key: WorkKey, today: date) -> Expression:
    """The version of a row, of either kind, in its surroundings."""
    heads = sorted(map(_head, row["heads"]), key=_by_date, reverse=True)
    heads.sort(key=_by_lang)
    held = [head for head in heads if head.lang == row["lang"]]  # newest first
    at = next(place for place, head in enumerate(held) if head.id == row["id"])
    found = Version(
        id=row["id"], lang=row["lang"], date=row["date"], revision=row["revision"], published=row["published"],
        title=row["title"], long_title=row["long_title"], citations=tuple(row["citations"]),
        subjects=tuple(row["subjects"]), status=status_on(held[at], today), in_force_from=row["in_force_from"],
        in_force_to=row["in_force_to"], last_amended=row["last_amended"], source_ids=json.loads(row["source_ids"]),
        content_hash=row["content_hash"], content_changed_at=row["content_changed_at"],
        source_checked_at=row["source_checked_at"], taken_out=row["taken_out"], stated_status=row["stated_status"],
    )  # fmt: skip
    return Expression(
        Work(row["work_id"], key, row["frbr_uri"], json.loads(row["names"]), (), tuple(heads)),
        found,
        head=held[at],
        today=today,
        previous=held[at + 1] if at + 1 < len(held) else None,
        next=held[at - 1] if at > 0 else None,
        written=row.get("written"),
    )


def _head(values: list[Any]) -> VersionHead:
    number, lang, day, revision, published, status, title, is_current, taken_out = values
    return VersionHead(
        number, lang, date.fromisoformat(day), revision, date.fromisoformat(published), status, title, is_current,
        date.fromisoformat(taken_out) if taken_out else None,
    )  # fmt: skip


def _by_lang(head: VersionHead) -> str:
    return head.lang


def _by_date(head: VersionHead) -> date:
    return head.date
