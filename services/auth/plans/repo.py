"""Keeps which plan an account or a key has."""

from uuid import UUID

from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def choose_for_account(connection: Connection, account_id: UUID, plan: str) -> bool:
    """Whether there is such an account, which then has this plan."""
    return await connection.fetchval(QUERIES["choose_for_account"], account_id, plan) is not None


async def choose_for_key(connection: Connection, key_id: UUID, account_id: UUID, plan: str) -> bool:
    """Whether the account has such a key, which then has this plan."""
    return await connection.fetchval(QUERIES["choose_for_key"], key_id, account_id, plan) is not None


async def of_account(connection: Connection, account_id: UUID) -> str:
    """The account's plan; empty: the usual one."""
    return str(await connection.fetchval(QUERIES["plan_of_account"], account_id) or "")
