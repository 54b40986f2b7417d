"""Who acts, told to the database at the start of a transaction; the policies of migration 0051 read it.

Reading what is published needs none of it. A transaction that says nothing sees no draft and no import.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from shared.db import Connection, Database

SYSTEM_SETTINGS = {"openpolicy.permissions": "system"}
"""Session settings of programs that act for nobody: imports, their worker, the trail."""
_SAY = """SELECT set_config('openpolicy.account', $1, true), set_config('openpolicy.permissions', $2, true),
                 set_config('openpolicy.areas', $3, true), set_config('openpolicy.request_id', $4, true)"""


class Acting(Protocol):
    """Somebody who acts."""

    @property
    def account(self) -> str:
        """The account's id; what a program is called in the record."""

    @property
    def permissions(self) -> str:
        """Separated by spaces; `system` is all of them."""

    @property
    def areas(self) -> str:
        """As in shared.areas."""

    @property
    def request_id(self) -> str:
        """For the record."""


@dataclass(frozen=True, slots=True)
class System:
    """The service itself, for what it does for nobody in particular."""

    account: str = ""
    permissions: str = "system"
    areas: str = "*"
    request_id: str = ""


@contextlib.asynccontextmanager
async def transaction_of(database: Database, who: Acting, *, readonly: bool = False) -> AsyncIterator[Connection]:
    """A transaction in which `who` acts."""
    async with database.transaction(readonly=readonly) as connection:
        await act_as(connection, who)
        yield connection


async def act_as(connection: Connection, who: Acting) -> None:
    """From here to the end of the transaction, `who` acts."""
    await connection.execute(_SAY, who.account, who.permissions, who.areas, who.request_id)
