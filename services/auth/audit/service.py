"""Reading the audit trail."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.auth.audit import repo
from services.auth.audit.domain import Filters, Pseudonyms, Recorded
from shared.db import Database
from shared.paging import Position


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, and whether there are more on either side."""

    items: list[Recorded]
    has_next: bool
    has_previous: bool


class AuditTrail:
    """The trail as administrators read it."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms) -> None:
        self._database = database
        self._pseudonyms = pseudonyms

    async def page(
        self, filters: Filters, account: UUID | str | None, position: Position | None, limit: int
    ) -> EventPage:
        """Events, newest first. `account`: an account's id, or an address in normal form that may be nobody's."""
        backwards = position is not None and position.backwards
        at = None if position is None else int(position.values[0])
        async with self._database.transaction(readonly=True) as connection:
            if isinstance(account, str):
                known = await repo.account_of_email(connection, account)
                filters = replace(filters, account=known, pseudonym=self._pseudonyms.of(account))
            elif account is not None:
                filters = replace(filters, account=account)
            found = await repo.page(connection, filters, at, backwards=backwards, limit=limit + 1)
        more = len(found) > limit
        if backwards:
            return EventPage(found[1:] if more else found, has_next=True, has_previous=more)
        return EventPage(found[:limit], has_next=more, has_previous=position is not None)
