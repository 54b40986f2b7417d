"""Keeps API keys."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.apikeys.domain import ApiKey, KeyInUse
from shared.contracts.introspection import REVOKED_KEY_PREFIX
from shared.db import Connection
from shared.permissions import Role
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def hold_owner(connection: Connection, account_id: UUID) -> Role | None:
    """The role of an account that is not disabled, held until the transaction ends."""
    role = await connection.fetchval(QUERIES["hold_owner"], account_id)
    return None if role is None else Role(role)


async def count_living(connection: Connection, account_id: UUID, at: datetime) -> int:
    """How many of an account's keys work."""
    return int(await connection.fetchval(QUERIES["count_living"], account_id, at))


async def insert(connection: Connection, key: ApiKey, key_hash: bytes) -> None:
    """Add a key."""
    await connection.execute(
        QUERIES["insert_key"],
        key.id, key.account_id, key_hash, key.hint, key.name, list(key.scopes), key.plan, key.created_at,
        key.expires_at,
    )  # fmt: skip


async def of_account(connection: Connection, account_id: UUID) -> list[ApiKey]:
    """An account's keys that nobody revoked, newest first."""
    return [_key(row) for row in await connection.fetch(QUERIES["keys_of_account"], account_id)]


async def revoke(connection: Connection, key_id: UUID, account_id: UUID, at: datetime) -> tuple[str, bool] | None:
    """End a key: (its name, whether it ended only now); None when the account has no such key."""
    row = await connection.fetchrow(QUERIES["revoke_key"], key_id, account_id, at)
    return None if row is None else (row["name"], row["now_revoked"])


async def in_use(connection: Connection, key_hash: bytes, at: datetime) -> KeyInUse | None:
    """The living key of a living account."""
    row = await connection.fetchrow(QUERIES["key_in_use"], key_hash, at)
    if row is None:
        return None
    return KeyInUse(_key(row), Role(row["role"]), row["areas"], row["epoch"], row["account_plan"])


async def note_uses(connection: Connection, uses: Mapping[UUID, datetime]) -> None:
    """Write when keys were last used."""
    await connection.execute(QUERIES["note_uses"], list(uses), list(uses.values()))


async def recently_revoked(connection: Connection, since: datetime) -> list[str]:
    """What stands in Redis for keys that were revoked since."""
    return [revoked_name(row["id"]) for row in await connection.fetch(QUERIES["recently_revoked"], since)]


async def delete_dead(connection: Connection, before: datetime) -> None:
    """Forget keys that ended before this moment."""
    await connection.execute(QUERIES["delete_dead"], before)


def revoked_name(key_id: UUID) -> str:
    """What stands in Redis for a revoked key."""
    return f"{REVOKED_KEY_PREFIX}{key_id}"


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        hint=row["hint"],
        scopes=tuple(row["scopes"]),
        plan=row["plan"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )
