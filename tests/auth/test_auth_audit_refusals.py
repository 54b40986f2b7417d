"""People who signed in and were refused are in the trail: soon, and then rarely, however often they try."""

import asyncio
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from aiohttp import web

from shared import refusals
from shared.errors import Forbidden, NotFound, PlatformError, Unavailable
from shared.identity import ANONYMOUS, Identity
from shared.permissions import Role
from shared.refusals import Refusal, Refusals
from tests.auth.auth_service import Answer, Auth

ROUTE = SimpleNamespace(route=SimpleNamespace(resource=SimpleNamespace(canonical="/x/{id}")))
REQUEST = cast(web.Request, SimpleNamespace(method="GET", match_info=ROUTE))


async def _refusals_in_trail(auth: Auth, count: int) -> list[dict[str, Any]]:
    deadline = asyncio.get_running_loop().time() + 20
    while True:
        rows = await auth.rows(
            "SELECT actor, sid, detail, request_id FROM audit_event WHERE action = 'access.refused' ORDER BY id"
        )
        if len(rows) >= count:
            return [{**row, "detail": json.loads(row["detail"])} for row in rows]
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def test_who_is_refused_is_on_record(auth: Auth, address: str) -> None:
    reader, _ = await auth.signed_in(address)
    for _ in range(5):
        assert (await auth.call("GET", "/api/v1/auth/accounts", identity=reader)).status == 403
    assert (await auth.call("GET", "/api/v1/auth/accounts")).status == 401  # nobody in particular
    [row] = await _refusals_in_trail(auth, 1)
    assert (str(row["actor"]), str(row["sid"])) == (reader.subject, reader.sid)
    assert {name: row["detail"][name] for name in ("service", "method", "route", "times")} == {
        "service": "auth", "method": "GET", "route": "/api/v1/auth/accounts", "times": "5",
    }  # fmt: skip


async def test_the_web_tells_of_its_own_and_nobody_else_may(auth: Auth) -> None:
    account = str(uuid4())
    item = {"account": account, "sid": "", "method": "POST", "route": "/login", "reason": "forbidden",
            "request_id": "r-12345678", "times": 2}  # fmt: skip

    async def tell(caller: str, body: dict[str, Any]) -> Answer:
        return await auth.call("POST", "/internal/refusals", body, caller=caller)

    assert (await tell("web", {"items": [item]})).status == 204
    assert (await tell("gateway", {"items": [item]})).status == 403
    assert (await tell("web", {"items": [item | {"times": 0}]})).status == 422
    [row] = await _refusals_in_trail(auth, 1)
    assert (str(row["actor"]), row["detail"]["service"], row["detail"]["request"]) == (account, "web", "r-12345678")


def _somebody(subject: str = "a") -> Identity:
    return Identity(subject, Role.READER, sid="s")


async def test_a_flood_writes_few_rows_and_holds_little(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Refusal] = []
    away = False

    async def write(batch: Sequence[Refusal]) -> None:
        if away:
            raise Unavailable("away")
        written.extend(batch)

    clock = 1000.0
    monkeypatch.setattr(refusals, "time", SimpleNamespace(monotonic=lambda: clock))
    counted = Refusals(write)
    from_elsewhere: PlatformError = Forbidden("no")
    from_elsewhere.told_by = "policy"
    for identity, error in ((ANONYMOUS, Forbidden("")), (_somebody(), NotFound("")), (_somebody(), from_elsewhere)):
        counted.note(identity, REQUEST, error)
    for _ in range(1000):
        counted.note(_somebody(), REQUEST, Forbidden("no"))
    await counted.flush()
    assert written == []
    clock += 1
    await counted.flush()
    assert [(r.account, r.times) for r in written] == [("a", 1000)]
    for _ in range(59):  # a minute of going on, looked at each second
        counted.note(_somebody(), REQUEST, Forbidden("no"))
        clock += 1
        await counted.flush()
    assert len(written) == 1
    clock += 1
    away = True
    await counted.flush()
    away, clock = False, clock + 1
    await counted.flush()
    assert [(r.account, r.times) for r in written[1:]] == [("a", 59)]
    for number in range(refusals.MOST + 50):
        counted.note(_somebody(str(number)), REQUEST, Forbidden("no"))
    await counted.flush(everything=True)
    assert [(r.account, r.reason, r.times) for r in written[-1:]] == [("", "others", 50)]
