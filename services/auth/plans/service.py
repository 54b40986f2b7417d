"""Giving plans."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.plans import repo
from services.auth.plans.domain import NothingToLimit, check_plan
from shared.db import Database


class Plans:
    """The verbs on plans; `known` are those that the operator named."""

    def __init__(self, database: Database, known: Collection[str]) -> None:
        self._database = database
        self._known = known

    async def choose(self, actor: UUID, account_id: UUID, key_id: UUID | None, plan: str) -> None:
        """Give an account, or one of its keys, a plan; an empty one takes it back.

        Raises NothingToLimit, Unprocessable for an unknown plan.
        """
        check_plan(plan, self._known)
        async with self._database.transaction() as connection:
            if key_id is None:
                found = await repo.choose_for_account(connection, account_id, plan)
            else:
                found = await repo.choose_for_key(connection, key_id, account_id, plan)
            if not found:
                raise NothingToLimit("There is no such account or key.")
            detail = {"plan": plan} | ({"key": str(key_id)} if key_id else {})
            event = Event(Action.PLAN_CHOSEN, actor, account_id, detail=detail)
            await audit.append(connection, event, datetime.now(UTC))
