"""Reading a text at its permanent address in one question to the database: what nearly everybody asks."""

from collections.abc import Sequence
from datetime import date

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


async def version(
    connection: Connection, key: WorkKey, lang: str, day: date, today: date, *, text: bool
) -> Expression | None:
    """The version of exactly `day`, its provisions written out as JSON; None when nothing has just this address."""
    row = await connection.fetchrow(
        _SQL["exact_version"], key.jurisdiction, key.kind, key.number, lang, day, today, text
    )
    return None if row is None else _expression(row, key, today, row["written"])


async def provision(
    connection: Connection, key: WorkKey, lang: str, day: date, today: date, eids: Sequence[str]
) -> tuple[Expression, ProvisionRow, list[tuple[str, str]]] | None:
    """The provision with the longest of `eids` in the version of exactly `day`, and (num, heading) of what it stands
    in, outermost first; None when nothing has just this address."""
    row = await connection.fetchrow(
        _SQL["exact_provision"], key.jurisdiction, key.kind, key.number, lang, day, today, list(eids)
    )
    if row is None:
        return None
    found = ProvisionRow(
        kind=row["part_kind"], eid=row["eid"], num=row["num"], heading=row["heading"], note=row["note"],
        content=row["content"], text=row["text"], lang=row["part_lang"], status=row["part_status"], level=row["level"],
        in_force_from=row["part_from"], in_force_to=row["part_to"], hash=row["hash"], ordinal=row["ordinal"],
        parent=row["parent"],
    )  # fmt: skip
    return _expression(row, key, today, None), found, [(num, heading) for num, heading in row["path"]]


def _expression(row: asyncpg.Record, key: WorkKey, today: date, written: str | None) -> Expression:
    heads = tuple(
        VersionHead(
            id=head["id"], lang=head["lang"], date=date.fromisoformat(head["date"]), revision=head["revision"],
            published=date.fromisoformat(head["published"]), status=head["status"], title=head["title"],
            is_current=head["is_current"],
            taken_out=date.fromisoformat(head["taken_out"]) if head["taken_out"] else None,
        )
        for head in row["heads"]
    )  # fmt: skip
    held = [head for head in heads if head.lang == row["lang"]]  # newest first
    at = next(place for place, head in enumerate(held) if head.id == row["id"])
    found = Version(
        id=row["id"], lang=row["lang"], date=row["date"], revision=row["revision"], published=row["published"],
        title=row["title"], long_title=row["long_title"], citations=tuple(row["citations"]),
        subjects=tuple(row["subjects"]), status=status_on(held[at], today), in_force_from=row["in_force_from"],
        in_force_to=row["in_force_to"], last_amended=row["last_amended"], source_ids=row["source_ids"],
        content_hash=row["content_hash"], content_changed_at=row["content_changed_at"],
        source_checked_at=row["source_checked_at"], taken_out=row["taken_out"], stated_status=row["stated_status"],
    )  # fmt: skip
    return Expression(
        Work(row["work_id"], key, row["frbr_uri"], row["names"], (), heads),
        found,
        head=held[at],
        today=today,
        previous=held[at + 1] if at + 1 < len(held) else None,
        next=held[at - 1] if at > 0 else None,
        written=written,
    )
