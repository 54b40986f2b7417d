"""Keeps sessions and refresh tokens."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.accounts.repo import account_of
from services.auth.sessions.domain import (
    Client,
    EndedSession,
    ListedSession,
    Method,
    RefreshToken,
    Session,
    SessionKind,
)
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def insert(
    connection: Connection, session: Session, client: Client, at: datetime, *, id_hash: bytes | None = None
) -> None:
    """Add a session; a browser's has the hash of its id."""
    await connection.execute(
        QUERIES["insert_session"],
        session.sid, session.account.id, session.kind.value, id_hash, client.user_agent, client.address, at,
        session.expires_at, session.authenticated_at, sorted(session.methods),
    )  # fmt: skip


async def succeed_browser(connection: Connection, before: UUID, session: Session, id_hash: bytes, at: datetime) -> None:
    """Add `session` as the successor of a browser's session, which is to be ended."""
    await connection.execute(
        QUERIES["succeed_browser"],
        before, session.sid, id_hash, at, session.authenticated_at, sorted(session.methods),
    )  # fmt: skip


async def prove(connection: Connection, session: Session) -> None:
    """Keep when and how the holder of a session showed who they are."""
    await connection.execute(QUERIES["prove_session"], session.sid, session.authenticated_at, sorted(session.methods))


async def browser_sid(connection: Connection, id_hash: bytes, idle_since: datetime) -> UUID | None:
    """The session of a browser's id; None when there is none, or it was last used before `idle_since`."""
    found: UUID | None = await connection.fetchval(QUERIES["browser_sid"], id_hash, idle_since)
    return found


async def resolve_browser(connection: Connection, id_hash: bytes, at: datetime, idle_since: datetime) -> Session | None:
    """The living session of a browser, touched; None when it ended, expired, or was last used before `idle_since`."""
    return _maybe(await connection.fetchrow(QUERIES["resolve_browser"], id_hash, at, idle_since))


async def get(connection: Connection, sid: UUID) -> Session | None:
    """The session, also an ended one."""
    return _maybe(await connection.fetchrow(QUERIES["session_by_sid"], sid))


async def lock(connection: Connection, sid: UUID) -> Session | None:
    """The session, held until the transaction ends."""
    return _maybe(await connection.fetchrow(QUERIES["lock_session"], sid))


async def touch(connection: Connection, sid: UUID, at: datetime) -> None:
    """Note its use."""
    await connection.execute(QUERIES["touch_session"], sid, at)


async def end(connection: Connection, sid: UUID, account_id: UUID, at: datetime) -> tuple[EndedSession | None, bool]:
    """End an account's session: (the ended session if the account has it, whether it ended only now)."""
    row = await connection.fetchrow(QUERIES["end_session"], sid, account_id, at)
    if row is not None:
        return _ended(row), True
    row = await connection.fetchrow(QUERIES["ended_session"], sid, account_id)
    return (None if row is None else _ended(row)), False


async def end_browser(connection: Connection, id_hash: bytes, at: datetime) -> tuple[EndedSession, UUID, bool] | None:
    """End a browser's session: (session, account, whether it ended only now); None when there is none."""
    row = await connection.fetchrow(QUERIES["end_browser"], id_hash, at)
    return None if row is None else (_ended(row), row["account_id"], row["now_ended"])


async def end_of_account(
    connection: Connection, account_id: UUID, kinds: Iterable[SessionKind], at: datetime
) -> list[EndedSession]:
    """End all of an account's sessions of these kinds."""
    rows = await connection.fetch(QUERIES["end_account_sessions"], account_id, [kind.value for kind in kinds], at)
    return [_ended(row) for row in rows]


async def end_others(
    connection: Connection, account_id: UUID, except_sid: UUID | None, at: datetime
) -> list[EndedSession]:
    """End all of an account's sessions but one; all of them for None."""
    rows = await connection.fetch(QUERIES["end_other_sessions"], account_id, except_sid, at)
    return [_ended(row) for row in rows]


async def living_of(
    connection: Connection, account_id: UUID, at: datetime, idle_since: datetime
) -> list[ListedSession]:
    """An account's living sessions, the one used last first."""
    return [
        ListedSession(
            sid=row["sid"],
            kind=SessionKind(row["kind"]),
            client=Client(row["user_agent"], row["address"]),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            expires_at=row["expires_at"],
        )
        for row in await connection.fetch(QUERIES["living_sessions"], account_id, at, idle_since)
    ]


async def recently_ended(connection: Connection, since: datetime) -> list[EndedSession]:
    """Sessions that were ended after this moment."""
    return [_ended(row) for row in await connection.fetch(QUERIES["recently_ended"], since)]


async def recent_epochs(connection: Connection, since: datetime) -> list[tuple[UUID, int]]:
    """Accounts whose epoch rose after this moment, with it."""
    return [(row["id"], row["epoch"]) for row in await connection.fetch(QUERIES["recent_epochs"], since)]


async def delete_expired(connection: Connection, before: datetime) -> None:
    """Remove sessions that expired or ended before this moment."""
    await connection.execute(QUERIES["delete_expired"], before)


async def insert_refresh_token(
    connection: Connection, token_hash: bytes, sid: UUID, at: datetime, expires_at: datetime
) -> None:
    """Add a token to the family of `sid`."""
    await connection.execute(QUERIES["insert_refresh_token"], token_hash, sid, at, expires_at)


async def refresh_token(connection: Connection, token_hash: bytes) -> RefreshToken | None:
    """The token as it stands."""
    row = await connection.fetchrow(QUERIES["refresh_token"], token_hash)
    return None if row is None else RefreshToken(row["sid"], row["expires_at"], row["used"])


async def use_refresh_token(connection: Connection, token_hash: bytes, at: datetime, successor: bytes) -> bool:
    """Mark it used; False when it was already."""
    return await connection.fetchval(QUERIES["use_refresh_token"], token_hash, at, successor) is not None


def _ended(row: asyncpg.Record) -> EndedSession:
    return EndedSession(row["sid"], row["id_hash"] or b"")


def _maybe(row: asyncpg.Record | None) -> Session | None:
    if row is None:
        return None
    return Session(
        sid=row["sid"],
        account=account_of(row),
        kind=SessionKind(row["kind"]),
        expires_at=row["expires_at"],
        authenticated_at=row["authenticated_at"],
        methods=frozenset(map(Method, row["methods"])),
        revoked_at=row["revoked_at"],
    )
