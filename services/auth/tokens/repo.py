"""Keeps the signing keys."""

from datetime import datetime

from services.auth.tokens.domain import KeyState, SigningKey, revoked_name
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def lock(connection: Connection) -> None:
    """Wait until no other replica changes keys; ends with the transaction."""
    await connection.execute(QUERIES["lock_keys"])


async def all_keys(connection: Connection) -> list[SigningKey]:
    """Every key, oldest first."""
    return [
        SigningKey(
            kid=row["kid"],
            public=row["public_key"],
            sealed=row["sealed_private_key"],
            state=KeyState(row["state"]),
            created_at=row["created_at"],
            state_changed_at=row["state_changed_at"],
        )
        for row in await connection.fetch(QUERIES["all_keys"])
    ]


async def insert(connection: Connection, key: SigningKey) -> None:
    """Add a key."""
    await connection.execute(
        QUERIES["insert_key"], key.kid, key.public, key.sealed, key.state.value, key.created_at, key.state_changed_at
    )


async def change_state(connection: Connection, kid: str, state: KeyState, at: datetime) -> None:
    """Move a key on."""
    await connection.execute(QUERIES["change_key_state"], kid, state.value, at)


async def delete_retired(connection: Connection, before: datetime) -> None:
    """Remove keys that retired or were dropped before this moment."""
    await connection.execute(QUERIES["delete_retired_keys"], before)


async def recently_dropped(connection: Connection, since: datetime) -> list[str]:
    """What stands in Redis for keys that were dropped since."""
    return [revoked_name(row["kid"]) for row in await connection.fetch(QUERIES["recently_dropped"], since)]
