"""One step of a draft: taken under its lock, refused where caller or state do not allow it, put on record."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import asyncpg

from services.policy.acting import transaction_of
from services.policy.editorial import repo
from services.policy.editorial.domain import (
    WRITABLE,
    Actor,
    Draft,
    DraftNotFound,
    DraftProvision,
    DraftProvisionNotFound,
    OwnWork,
    StaleDraft,
    State,
    StepRefused,
)
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry, events_since, record
from services.policy.editorial.wire import event_body, provision_body
from shared.db import Connection, Database
from shared.errors import Forbidden, Unavailable

Need = Literal["edit", "write", "review", "assign"]
"""What a step is: `edit` writes the text, `write` is any other step of those who may."""
T = TypeVar("T")
_ATTEMPTS = 5
_COLLIDED = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_REFUSED = {
    "OP001": "The state of this draft does not allow that; read it again to see what can be done with it.",
    "OP003": "A draft that is submitted, approved, published or withdrawn is not written any more.",
    "OP004": "Conflicts with the newer text are open: write or remove those provisions first.",
}
"""By the condition that migration 0029 raises."""


@dataclass(frozen=True, slots=True)
class Step:
    """A draft under its lock, in the transaction of one step."""

    connection: Connection
    actor: Actor
    draft: Draft

    async def take(self, entry: Entry, state: State | None = None) -> int:
        """Go on by one revision, to `state` if one is given, and write it down; returns the revision."""
        revision = await repo.step(
            self.connection, self.draft.id, self.actor.account, state or self.draft.state, entry.action
        )
        await record(self.connection, self.actor, self.draft, revision, entry, state)
        return revision

    async def provision(self, eid: str) -> DraftProvision:
        """One of its provisions; raises DraftProvisionNotFound."""
        row = await repo.provision(self.connection, self.draft.id, eid)
        if row is None:
            raise DraftProvisionNotFound("This draft has no such provision.")
        return row

    async def stale(self, known: Expected, row: DraftProvision | None = None) -> StaleDraft:
        """The refusal of a write on an outdated state, with what changed since and what stands there now."""
        steps = await events_since(self.connection, self.draft.id, known.revision)
        current = {
            "etag": self.draft.etag,
            "revision": self.draft.revision,
            "state": self.draft.state,
            "changes": [event_body(one) for one in steps],
        }
        if row is not None:
            current |= {"etag": row.etag, "provision": provision_body(row, "html")}
        return StaleDraft(current)


@contextlib.asynccontextmanager
async def step(
    database: Database, actor: Actor, draft_id: str, need: Need, known: Expected | None = None
) -> AsyncIterator[Step]:
    """The transaction of a step. `known` is what the caller has read of the draft; None where a provision's counts.

    Raises DraftNotFound, Forbidden, StaleDraft, and for what the database refuses StepRefused or OwnWork.
    """
    with refusals():
        async with transaction_of(database, actor) as connection:
            draft = await repo.draft(connection, draft_id, lock=True)
            if draft is None or not draft.is_read_by(actor):
                raise DraftNotFound("No draft is at this address.")
            _require(draft, actor, need)
            opened = Step(connection, actor, draft)
            if known is not None and not known.meets(draft.etag):
                raise await opened.stale(known)
            yield opened


async def persistently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Take a step that writes what others write too (works, provisions, the search index), again when they collide."""
    for number in range(_ATTEMPTS):
        try:
            return await attempt()
        except _COLLIDED:
            if number == _ATTEMPTS - 1:
                raise Unavailable("Others are writing the same text just now.", retry_after=2) from None
            await asyncio.sleep(0.05 * 2**number)
    raise AssertionError("unreachable: the last attempt returns or raises")


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """What the state machine in the database refuses, in words."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate == "OP002":
            raise OwnWork("Who wrote any of a text does not decide on it; another reviewer has to.") from None
        said = _REFUSED.get(error.sqlstate or "")
        if said is None:
            raise
        raise StepRefused(said) from None


def _require(draft: Draft, actor: Actor, need: Need) -> None:
    if need in ("edit", "write") and not draft.is_written_by(actor):
        raise Forbidden("Only its owner and the editors assigned to it write a draft.")
    if need == "edit" and draft.state not in WRITABLE:
        raise StepRefused(_REFUSED["OP003"])
    if need == "review" and not actor.may_review:
        raise Forbidden("This needs the permission drafts:review.")
    if need == "assign" and not (actor.may_review or actor.account == draft.owner):
        raise Forbidden("Only its owner and reviewers say who else writes a draft.")
