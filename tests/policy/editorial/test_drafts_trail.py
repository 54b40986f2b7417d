"""The steps of drafts, imports and refusals are links of one chain, which those who may read it page through."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import asyncpg
import pytest

from infra.local.postgres import PostgresServer
from services.policy.acting import SYSTEM_SETTINGS
from services.policy.trail.repo import TRAIL
from shared.db import Connection
from shared.permissions import Role
from shared.trail.chain import Broken
from shared.trail.program import verify
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import Person

AUDIT = "/api/v1/audit"


@contextlib.asynccontextmanager
async def _connected(address: str) -> AsyncIterator[Connection]:
    """A transaction that is taken back at the end."""
    connection = await asyncpg.connect(address, server_settings={"search_path": "policy", **SYSTEM_SETTINGS})
    try:
        reading = connection.transaction(isolation="repeatable_read")
        await reading.start()
        yield cast(Connection, connection)
        await reading.rollback()
    finally:
        await connection.close()


async def _events(office: Office, query: str) -> list[dict[str, Any]]:
    body, _ = await office.anna.expect(200, "GET", f"{AUDIT}?limit=200&{query}")
    items: list[dict[str, Any]] = body["items"]
    return items


async def test_a_life_of_a_draft_is_a_whole_chain_until_its_record_is_changed(
    office: Office, postgres_server: PostgresServer
) -> None:
    draft = await office.begun()
    await office.eve.write(draft, "sec_2", "Nobody rings.")
    await office.eve.do(draft, "submit")
    await office.rita.do(draft, "approve")
    published = await office.rita.do(draft, "publish")
    await office.adam.withdraw(published["version"]["href"], "Oh.")
    found = await _events(office, f"subject=draft:{draft}")
    assert [event["action"] for event in reversed(found)] == [
        "draft.create", "draft.write", "draft.submit", "draft.approve", "draft.publish", "draft.withdraw-version",
    ]  # fmt: skip
    assert [e["account"] for e in found[1:4]] == [office.rita.account, office.rita.account, office.eve.account]
    assert (found[0]["detail"]["said"], found[3]["detail"]["to"]) == ("Oh.", "submitted")
    async with _connected(postgres_server.owner_url(office.url.rpartition("/")[2])) as owner:
        assert (await verify(owner, TRAIL, [])).position >= found[0]["position"]
        await owner.execute("ALTER TABLE editorial_event DISABLE TRIGGER editorial_event_stays")
        change = "UPDATE editorial_event SET account = $1 WHERE draft_id = $2 AND action = 'approve'"
        await owner.execute(change, office.eve.account, draft)
        with pytest.raises(Broken, match=r"\(editorial_event \d+\): it is not what was recorded"):
            await verify(owner, TRAIL, [])


async def test_who_is_refused_again_and_again_is_on_record_once_with_the_first_request(office: Office) -> None:
    curious = Person(office.eve.session, str(uuid4()), Role.EDITOR)
    for _ in range(3):
        await curious.expect(403, "GET", AUDIT)
    deadline = asyncio.get_running_loop().time() + 20
    while not (found := await _events(office, f"account={curious.account}&action=access")):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    [refused] = found
    assert refused["action"] == "access.refused"
    assert refused["detail"] == {"method": "GET", "route": AUDIT, "reason": "forbidden", "times": "3"}
    async with _connected(office.url) as service:
        assert (await verify(service, TRAIL, [])).position >= refused["position"]


async def test_the_pages_together_are_the_trail_in_both_directions(office: Office) -> None:
    for _ in range(3):
        await office.begun()
    whole = await _events(office, f"account={office.eve.account}")
    seen: list[dict[str, Any]] = []
    address: str | None = f"{AUDIT}?limit=2&account={office.eve.account}"
    back: str | None = None
    while address is not None:
        body, _ = await office.anna.expect(200, "GET", address)
        seen += body["items"]
        address, back = body["page"]["next"], body["page"]["prev"]
    assert [event["position"] for event in seen] == [event["position"] for event in whole]
    before = len(seen) - len(body["items"])
    while back is not None:
        body, _ = await office.anna.expect(200, "GET", back)
        back = body["page"]["prev"]
        before -= len(body["items"])
    assert before == 0


async def test_only_who_may_reads_it_and_asks_properly(office: Office) -> None:
    for person in (office.eve, office.rita):
        await person.expect(403, "GET", AUDIT)
    for query in ("account=", "subject=draft:1", "action=Draft", "since=now", "limit=0", "cursor=x", "who=me"):
        await office.anna.expect(400, "GET", f"{AUDIT}?{query}")
