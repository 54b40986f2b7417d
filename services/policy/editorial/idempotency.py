"""Requests that create, known again by the key their caller gave them."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from services.policy.acting import System, act_as, transaction_of
from services.policy.editorial.domain import Actor
from shared.db import Connection, Database
from shared.errors import FieldError, Invalid, Unprocessable
from shared.sql import load_queries

_SQL = load_queries(__file__)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
Made = tuple[str, str, dict[str, Any]]
"""Id, ETag and body of what was created."""


def request_key(header: str | None) -> str | None:
    """The key in the header Idempotency-Key; raises Invalid for one that cannot be kept."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        detail = "has 1 to 200 visible ASCII characters"
        raise Invalid("The Idempotency-Key cannot be used.", errors=(FieldError(detail, "Idempotency-Key"),))
    return header


async def once(
    database: Database, actor: Actor, key: str | None, sent: Any, make: Callable[[Connection], Awaitable[Made]]
) -> tuple[Made, bool]:
    """What `make` creates, or what it created when the same request came before (then True).

    `sent` is the request's body. Raises Unprocessable when the key came with another one.
    """
    async with transaction_of(database, actor) as connection:
        if key is None:
            return await make(connection), False
        digest = hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).digest()
        await act_as(connection, System())  # they are everybody's
        await connection.execute(_SQL["forget_requests"])
        await act_as(connection, actor)
        if await connection.fetchval(_SQL["remember_request"], actor.account, key, digest):
            made = await make(connection)
            draft_id, etag, body = made
            await connection.execute(_SQL["answer_request"], actor.account, key, draft_id, etag, json.dumps(body))
            return made, False
        row = await connection.fetchrow(_SQL["known_request"], actor.account, key)
        if row is None or row["digest"] != digest:
            detail = "was sent with another body"
            raise Unprocessable("This Idempotency-Key was used.", errors=(FieldError(detail, "Idempotency-Key"),))
        return (str(row["draft_id"]), row["etag"], json.loads(row["body"])), True
