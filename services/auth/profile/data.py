"""A copy of what the platform's accounts know about somebody.

Each part is a function that takes a connection and the account's id; slices that keep something about people add
theirs with `add`.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.auth.apikeys import repo as apikeys_repo
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors import repo as factors_repo
from services.auth.profile.repo import QUERIES
from services.auth.sessions.domain import Session
from shared.db import Connection, Database

MOST_EVENTS = 10_000
Part = Callable[[Connection, UUID], Awaitable[Any]]


class DataExport:
    """Collects the parts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parts: dict[str, Part] = {
            "account": _account, "sessions": _sessions, "api_keys": _keys, "second_factors": _factors,
            "logins": _logins,
            "letters": _letters, "events": _events,
        }  # fmt: skip

    def add(self, name: str, part: Part) -> None:
        """Another part, under a name of its own; what it returns is JSON."""
        if name in self._parts:
            raise ValueError(f"there is a part {name} already")
        self._parts[name] = part

    async def export(self, session: Session) -> dict[str, Any]:
        """Everything about the session's owner, as JSON. That it was asked for is recorded."""
        now, account_id = datetime.now(UTC), session.account.id
        async with self._database.transaction() as connection:
            event = Event(Action.EXPORTED, account_id, account_id, session.sid)
            await audit.append(connection, event, now)
            parts = {name: await part(connection, account_id) for name, part in self._parts.items()}
        return {"exported_at": _time(now), **parts}


async def _account(connection: Connection, account_id: UUID) -> Any:
    return _plain(await connection.fetchrow(QUERIES["own_account"], account_id))


async def _sessions(connection: Connection, account_id: UUID) -> Any:
    return [_plain(row) for row in await connection.fetch(QUERIES["own_sessions"], account_id)]


async def _keys(connection: Connection, account_id: UUID) -> Any:
    return [
        {
            "name": key.name,
            "begins_with": key.hint,
            "scopes": list(key.scopes),
            "created_at": _time(key.created_at),
            "expires_at": _time(key.expires_at),
            "last_used_at": _time(key.last_used_at),
        }
        for key in await apikeys_repo.of_account(connection, account_id)
    ]


async def _factors(connection: Connection, account_id: UUID) -> Any:
    held = await factors_repo.held(connection, account_id)
    return {
        "authenticator_app_since": _time(held.app_since),
        "passkeys": [{"name": key.name, "created_at": _time(key.created_at)} for key in held.passkeys],
        "recovery_codes_left": held.recovery_codes_left,
    }


async def _logins(connection: Connection, account_id: UUID) -> Any:
    return [_plain(row) for row in await connection.fetch(QUERIES["own_logins"], account_id)]


async def _letters(connection: Connection, account_id: UUID) -> Any:
    account = await connection.fetchrow(QUERIES["own_account"], account_id)
    return [_plain(row) for row in await connection.fetch(QUERIES["own_letters"], account["email"])] if account else []


async def _events(connection: Connection, account_id: UUID) -> Any:
    return [_plain(row) for row in await connection.fetch(QUERIES["own_events"], account_id, MOST_EVENTS)]


def _plain(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in dict(row or {}).items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _time(value)
    return str(value) if isinstance(value, UUID) else value


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
