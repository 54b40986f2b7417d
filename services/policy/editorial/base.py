"""The version that a draft begins from, or that is to be withdrawn, found by its address."""

from services.policy.documents.addresses import version_href
from services.policy.editorial import repo
from services.policy.editorial.domain import Draft
from services.policy.verification.addresses import cited_address
from shared.db import Connection
from shared.errors import FieldError, Invalid, Unprocessable


async def named_version(connection: Connection, address: str, pointer: str) -> repo.Base:
    """The version at `address`, which names its exact date; raises Unprocessable."""
    try:
        named = cited_address(address)
    except Invalid as error:
        detail = error.detail if not error.errors else error.errors[0].detail
        raise _refused(detail, pointer) from None
    if named.eid or named.day is None:
        raise _refused("names no version: end with its language and date, as en@2026-01-31", pointer)
    found = await repo.version_at(connection, named.key, named.lang, named.day)
    if found is None:
        raise _refused("is not held: give the date since which the text stands", pointer)
    return found


async def address_of(connection: Connection, draft: Draft) -> str | None:
    """Where the last text of a draft's work and language is; None while there is none."""
    latest = await repo.latest(connection, draft.about.key, draft.about.lang)
    return None if latest is None else version_href(draft.about.key, draft.about.lang, latest.date)


def _refused(detail: str, pointer: str) -> Unprocessable:
    return Unprocessable("Some fields are not valid.", errors=(FieldError(detail, pointer),))
