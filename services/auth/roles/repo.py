"""Keeps roles and the first administrator's link."""

from datetime import datetime
from uuid import UUID

from services.auth.accounts.domain import Account
from services.auth.accounts.repo import account_of
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def lock(connection: Connection) -> None:
    """Wait until nobody else changes roles; ends with the transaction."""
    await connection.execute(QUERIES["lock_roles"])


async def count_administrators(connection: Connection) -> int:
    """How many administrators can sign in."""
    return int(await connection.fetchval(QUERIES["count_administrators"]))


async def hold_account(connection: Connection, account_id: UUID) -> Account | None:
    """The account, held until the transaction ends."""
    row = await connection.fetchrow(QUERIES["hold_account"], account_id)
    return None if row is None else account_of(row)


async def change_rights(connection: Connection, account: Account, at: datetime) -> Account:
    """Give a held account the role, areas and state that `account` says, and the next epoch."""
    row = await connection.fetchrow(
        QUERIES["change_rights"], account.id, account.role.value, account.areas, account.disabled_at, at
    )
    if row is None:
        raise LookupError(f"account {account.id} is not held")
    return account_of(row)


async def make_administrator(
    connection: Connection, account_id: UUID, email: str, display_name: str, password_hash: str, at: datetime
) -> Account:
    """Open an administrator's account; a known address keeps its id and loses its password."""
    row = await connection.fetchrow(QUERIES["make_administrator"], account_id, email, display_name, password_hash, at)
    if row is None:
        raise LookupError("an upsert returned nothing")
    return account_of(row)


async def replace_link(connection: Connection, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
    """Make this link the only one that works."""
    await connection.execute(QUERIES["delete_unused_links"])
    await connection.execute(QUERIES["insert_link"], token_hash, at, expires_at)


async def link_is_usable(connection: Connection, token_hash: bytes, at: datetime) -> bool:
    """Whether the link would work at this moment."""
    return bool(await connection.fetchval(QUERIES["link_is_usable"], token_hash, at))


async def use_link(connection: Connection, token_hash: bytes, at: datetime) -> bool:
    """Use the link up; False when it is not good."""
    return await connection.fetchval(QUERIES["use_link"], token_hash, at) is not None
