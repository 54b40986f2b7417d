"""Keeps second factors, and the ceremonies that are under way."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.factors.domain import MOST_ATTEMPTS, App, Ceremony, Held, Passkey, Purpose
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def hold_account(connection: Connection, account_id: UUID) -> Account | None:
    """The account, held until the transaction ends."""
    await connection.execute(QUERIES["hold_account"], account_id)
    return await accounts_repo.get(connection, account_id)


async def raise_epoch(connection: Connection, account_id: UUID, at: datetime) -> int:
    """The next epoch of a held account."""
    return int(await connection.fetchval(QUERIES["raise_epoch"], account_id, at))


async def mail_of(connection: Connection, account_id: UUID) -> tuple[str, str]:
    """(Address, language) of the owner's mail."""
    row = await connection.fetchrow(QUERIES["mail_of"], account_id)
    if row is None:
        raise LookupError(f"account {account_id} is not held")
    return row["email"], row["lang"]


async def has_factor(connection: Connection, account_id: UUID) -> bool:
    """Whether the account has an app or a passkey."""
    return bool(await connection.fetchval(QUERIES["has_factor"], account_id))


async def held(connection: Connection, account_id: UUID) -> Held:
    """Everything the account has."""
    found = await app(connection, account_id)
    left = int(await connection.fetchval(QUERIES["recovery_codes_left"], account_id))
    return Held(found.created_at if found else None, tuple(await passkeys(connection, account_id)), left)


async def app(connection: Connection, account_id: UUID) -> App | None:
    """The authenticator app, if there is one."""
    row = await connection.fetchrow(QUERIES["app"], account_id)
    return None if row is None else App(**dict(row))


async def keep_app(connection: Connection, made: App) -> None:
    """Add an app, in the place of the one before."""
    await connection.execute(QUERIES["keep_app"], made.account_id, made.sealed_secret, made.created_at, made.last_step)


async def use_step(connection: Connection, account_id: UUID, step: int) -> bool:
    """Use a code up; False when it, or a later one, was used already."""
    return await connection.fetchval(QUERIES["use_step"], account_id, step) is not None


async def delete_app(connection: Connection, account_id: UUID) -> bool:
    """Remove the app; False when there was none."""
    return await connection.fetchval(QUERIES["delete_app"], account_id) is not None


async def passkeys(connection: Connection, account_id: UUID) -> list[Passkey]:
    """The account's passkeys, oldest first."""
    return [_passkey(row) for row in await connection.fetch(QUERIES["passkeys"], account_id)]


async def hold_passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """The passkey of a credential, held until the transaction ends."""
    row = await connection.fetchrow(QUERIES["hold_passkey"], credential_id)
    return None if row is None else _passkey(row)


async def insert_passkey(connection: Connection, made: Passkey) -> bool:
    """Add a passkey; False when its credential is known."""
    added = await connection.fetchval(
        QUERIES["insert_passkey"],
        made.id, made.account_id, made.credential_id, made.public_key, made.sign_count, list(made.transports),
        made.name, made.created_at,
    )  # fmt: skip
    return added is not None


async def use_passkey(connection: Connection, passkey_id: UUID, sign_count: int, at: datetime) -> None:
    """Note a use of a held passkey."""
    await connection.execute(QUERIES["use_passkey"], passkey_id, sign_count, at)


async def delete_passkey(connection: Connection, passkey_id: UUID, account_id: UUID) -> str | None:
    """Remove a passkey of the account: its name, or None when there is none."""
    name: str | None = await connection.fetchval(QUERIES["delete_passkey"], passkey_id, account_id)
    return name


async def delete_all(connection: Connection, account_id: UUID) -> None:
    """Remove every factor of the account."""
    for name in ("delete_app", "delete_passkeys", "delete_recovery_codes"):
        await connection.execute(QUERIES[name], account_id)


async def replace_recovery_codes(connection: Connection, account_id: UUID, hashes: Iterable[bytes]) -> None:
    """Make these the only codes that work; none at all for no hashes."""
    await connection.execute(QUERIES["delete_recovery_codes"], account_id)
    await connection.executemany(QUERIES["insert_recovery_code"], [(account_id, code) for code in hashes])


async def use_recovery_code(connection: Connection, account_id: UUID, code_hash: bytes, at: datetime) -> bool:
    """Use a code up; False when it is not good."""
    return await connection.fetchval(QUERIES["use_recovery_code"], account_id, code_hash, at) is not None


async def begin(connection: Connection, ceremony: Ceremony, now: datetime) -> None:
    """Keep what was begun, and forget what nobody finished."""
    await connection.execute(QUERIES["delete_expired_ceremonies"], now)
    await connection.execute(
        QUERIES["insert_ceremony"],
        ceremony.hash, ceremony.purpose.value, ceremony.account_id, ceremony.sid, ceremony.epoch,
        sorted(ceremony.methods), ceremony.challenge or None, ceremony.sealed_secret or None, ceremony.expires_at,
    )  # fmt: skip


async def look(connection: Connection, ceremony_hash: bytes, purpose: Purpose, now: datetime) -> Ceremony | None:
    """What was begun, if it can still be finished."""
    row = await connection.fetchrow(QUERIES["look_ceremony"], ceremony_hash, purpose.value, now, MOST_ATTEMPTS)
    return None if row is None else _ceremony(row)


async def attempt(connection: Connection, ceremony_hash: bytes, purpose: Purpose, now: datetime) -> Ceremony | None:
    """As `look`, and one of its tries is used up."""
    row = await connection.fetchrow(QUERIES["try_ceremony"], ceremony_hash, purpose.value, now, MOST_ATTEMPTS)
    return None if row is None else _ceremony(row)


async def finish(connection: Connection, ceremony_hash: bytes) -> bool:
    """Use it up; False when somebody was faster."""
    return await connection.fetchval(QUERIES["finish_ceremony"], ceremony_hash) is not None


def _passkey(row: asyncpg.Record) -> Passkey:
    return Passkey(**{**dict(row), "transports": tuple(row["transports"])})


def _ceremony(row: asyncpg.Record) -> Ceremony:
    return Ceremony(
        hash=row["hash"],
        purpose=Purpose(row["purpose"]),
        expires_at=row["expires_at"],
        account_id=row["account_id"],
        sid=row["sid"],
        epoch=row["epoch"],
        methods=frozenset(row["methods"]),
        challenge=row["challenge"] or b"",
        sealed_secret=row["sealed_secret"] or b"",
        attempts=row["attempts"],
    )
