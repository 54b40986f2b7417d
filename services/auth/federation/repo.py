"""Keeps links between accounts and identities elsewhere."""

from datetime import datetime
from uuid import UUID, uuid4

from services.auth.federation.domain import Login
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def use_identity(connection: Connection, issuer: str, subject: str, at: datetime) -> UUID | None:
    """The account that the identity is linked to, noting its use; None for an identity without a link."""
    row = await connection.fetchrow(QUERIES["identity"], issuer, subject)
    if row is None:
        return None
    await connection.execute(QUERIES["use_identity"], row["id"], at)
    found: UUID = row["account_id"]
    return found


async def add_identity(
    connection: Connection, account_id: UUID, issuer: str, subject: str, provider: str, at: datetime
) -> bool:
    """Link the identity to the account; False when it is linked already, be it to this account or another."""
    added = await connection.fetchval(QUERIES["add_identity"], uuid4(), account_id, issuer, subject, provider, at)
    return added is not None


async def logins(connection: Connection, account_id: UUID) -> list[Login]:
    """The account's links, oldest first."""
    return [Login(**row) for row in await connection.fetch(QUERIES["logins"], account_id)]


async def remove_login(connection: Connection, login_id: UUID, account_id: UUID) -> str | None:
    """Take a link away; the provider's name, None when the account has no such link."""
    found: str | None = await connection.fetchval(QUERIES["remove_login"], login_id, account_id)
    return found


async def other_ways(connection: Connection, account_id: UUID, login_id: UUID) -> bool:
    """Whether there is a way to sign in besides this link. Holds the account until the transaction ends."""
    await connection.execute(QUERIES["hold_account"], account_id)
    return bool(await connection.fetchval(QUERIES["other_ways"], account_id, login_id))


async def open_account(
    connection: Connection, email: str, display_name: str, password_hash: str, at: datetime
) -> UUID | None:
    """A new reader's account with a password that nobody knows; None when the address is somebody's."""
    found: UUID | None = await connection.fetchval(
        QUERIES["open_account"], uuid4(), email, display_name, password_hash, at
    )
    if found is not None:
        await connection.execute(QUERIES["drop_links"], found)
        await connection.execute(QUERIES["without_password"], found, password_hash)
    return found
