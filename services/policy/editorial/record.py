"""The record of steps: append-only, written in the transaction of the step, without which the step does not commit."""

from dataclasses import dataclass
from datetime import datetime

from services.policy.editorial.domain import Actor, Draft, State
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class Event:
    """One step. `before` and `after` are SHA-256 of what was written over and of what was written."""

    id: int
    revision: int
    at: datetime
    account: str
    request_id: str
    action: str
    eid: str
    from_state: str
    to_state: str
    before: bytes | None
    after: bytes | None
    detail: str
    version_id: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a step says of itself."""

    action: str
    eid: str = ""
    before: bytes | None = None
    after: bytes | None = None
    detail: str = ""
    version_id: int | None = None


async def record(
    connection: Connection, actor: Actor, draft: Draft, revision: int, entry: Entry, state: State | None = None
) -> None:
    """Write down the step that made `draft` what it is at `revision`; `state` is the new one, if it changed."""
    await connection.execute(
        _SQL["add_event"], draft.id, revision, actor.account, actor.request_id, entry.action, entry.eid, draft.state,
        state or draft.state, entry.before, entry.after, entry.detail, entry.version_id,
    )  # fmt: skip


async def record_withdrawal(connection: Connection, actor: Actor, version_id: int, after: bytes, detail: str) -> None:
    """Write down that a version was withdrawn that no draft brought; `after` is the digest of what is gone."""
    await connection.execute(
        _SQL["add_event"], None, None, actor.account, actor.request_id, "withdraw-version", "", "", "", after, None,
        detail, version_id,
    )  # fmt: skip


async def events(connection: Connection, draft_id: str, after: int, limit: int) -> list[Event]:
    """The steps of a draft in order, after the one numbered `after`."""
    return [Event(**row) for row in await connection.fetch(_SQL["events"], draft_id, after, limit)]


async def events_since(connection: Connection, draft_id: str, revision: int) -> list[Event]:
    """The last steps after `revision`, oldest first; at most 50."""
    rows = await connection.fetch(_SQL["events_since"], draft_id, revision)
    return [Event(**row) for row in reversed(rows)]
