"""Taking a published text back: its words leave the platform, a tombstone stays at its address."""

from dataclasses import dataclass
from datetime import date

from services.policy.documents.domain import VersionNotFound, WorkKey
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
Day = date


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The text that was withdrawn."""

    work_id: int
    key: WorkKey
    lang: str
    date: Day
    revision: int
    content_hash: bytes


async def withdraw_version(connection: Connection, version_id: int, reason: str, by: str) -> Withdrawn:
    """Take back the version of this id, in the caller's transaction; raises VersionNotFound when it is not held.

    `reason` is shown to everybody who comes to its address, `by` (the account) to nobody. With the version go its
    citations and its passages in search, and nothing leads to its provisions any more; the log of changes gets its
    `version-withdrawn` at commit. What stood before becomes current again; for search to find it, give the work and
    language to `index_texts` in the same transaction. An import of the same file does not bring the text back.
    """
    await connection.execute(_SQL["lock_place_of_version"], version_id)
    row = await connection.fetchrow(_SQL["bury_version"], version_id, reason, by)
    if row is None:
        raise VersionNotFound("This version is not held.")
    await connection.execute(_SQL["delete_version"], version_id)
    await connection.execute(_SQL["place_versions"], [row["work_id"]], [row["lang"]])
    await connection.execute(_SQL["index_again"], row["work_id"], row["lang"])
    key = WorkKey(row["jurisdiction"], row["kind"], row["number"])
    return Withdrawn(row["work_id"], key, row["lang"], row["date"], row["revision"], row["content_hash"])
