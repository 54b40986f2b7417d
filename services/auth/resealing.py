"""Sealing anew what was sealed with KEY_ENCRYPTION_KEY_PREVIOUS, so that it need not be kept."""

from services.auth.factors.sealing import FactorBox, SecretLost
from services.auth.settings import AuthSettings
from services.auth.tokens import repo as tokens_repo
from services.auth.tokens.domain import Seal, SealBroken
from shared.db import Connection, Database
from shared.log import get_logger
from shared.settings import text_of
from shared.sql import load_queries

QUERIES = load_queries(__file__, "resealing.sql")
_log = get_logger(__name__)


async def reseal(database: Database, settings: AuthSettings) -> int:
    """Seal with the key of today what only the previous one opens, and return how much that was.

    Runs at each start, in one transaction, while other replicas that know both keys read either form. What neither key
    opens stays as it is, and is reported by whoever needs it.
    """
    previous = text_of(settings.key_encryption_key_previous)
    if not previous:
        return 0
    current = text_of(settings.key_encryption_key)
    async with database.transaction() as connection:
        await tokens_repo.lock(connection)
        count = await _signing_keys(connection, Seal(current), Seal(previous))
        count += await _apps(connection, FactorBox(current, ""), FactorBox(previous, ""))
    if count:
        _log.info("resealed", count=count)
    return count


async def _signing_keys(connection: Connection, current: Seal, previous: Seal) -> int:
    count = 0
    for row in await connection.fetch(QUERIES["sealed_keys"]):
        kid, sealed = row["kid"], row["sealed_private_key"]
        try:
            current.open(sealed, kid)
        except SealBroken:
            try:
                private = previous.open(sealed, kid)
            except SealBroken:
                continue
            await connection.execute(QUERIES["reseal_key"], kid, current.close(private, kid))
            count += 1
    return count


async def _apps(connection: Connection, current: FactorBox, previous: FactorBox) -> int:
    count = 0
    for row in await connection.fetch(QUERIES["sealed_apps"]):
        account_id, sealed = row["account_id"], row["sealed_secret"]
        try:
            current.open(sealed, account_id)
        except SecretLost:
            try:
                secret = previous.open(sealed, account_id)
            except SecretLost:
                continue
            await connection.execute(QUERIES["reseal_app"], account_id, current.close(secret, account_id))
            count += 1
    return count
