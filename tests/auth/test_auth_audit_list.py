"""Those who may read the audit trail page through it and ask who did what, and when."""

from typing import Any
from urllib.parse import quote

from shared.identity import Identity
from tests.auth.auth_service import Auth

AUDIT = "/api/v1/auth/audit"


async def _events(auth: Auth, query: str, admin: Identity) -> list[dict[str, Any]]:
    answer = await auth.call("GET", f"{AUDIT}?limit=200&{query}", identity=admin)
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    return items


async def test_the_pages_together_are_the_trail_in_both_directions(auth: Auth) -> None:
    admin = await auth.admin()
    for number in range(6):
        await auth.register(f"{number}@example.org")
    whole = await _events(auth, "", admin)
    assert [event["position"] for event in whole] == list(range(len(whole), 0, -1))
    seen, address = [], f"{AUDIT}?limit=2"
    while address is not None:
        page = (await auth.call("GET", address, identity=admin)).body
        await auth.login("nobody@example.org", "a wrong password")  # what is written meanwhile is of the newest page
        seen += page["items"]
        back, address = page["page"]["prev"], page["page"]["next"]
    assert seen == whole
    while back is not None:
        page = (await auth.call("GET", back, identity=admin)).body
        back = page["page"]["prev"]
        seen = page["items"] + seen
    assert [event["position"] for event in seen if event["action"] == "session.sign-in-failed"] == list(
        range(len(whole) + (len(whole) + 1) // 2, len(whole), -1)
    )


async def test_the_filters_say_who_what_and_when(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, _ = await auth.signed_in(address)
    await auth.call("PATCH", f"/api/v1/auth/accounts/{reader.subject}", {"role": "editor"}, identity=admin)
    await auth.login("nobody@example.org", "a wrong password")
    [changed] = await _events(auth, f"actor={admin.subject}&action=account.role-changed", admin)
    assert changed["actor"] == {"id": admin.subject, "email": "admin@example.org"}
    assert changed["subject"] == {"id": reader.subject, "email": address}
    assert changed["detail"]["to"] == "editor"
    actions = [event["action"] for event in await _events(auth, f"account={quote(address.upper())}", admin)]
    assert actions == ["account.role-changed", "session.signed-in", "account.verified", "account.registered"]
    assert [e["action"] for e in await _events(auth, f"subject={reader.subject}", admin)] == actions
    [failed] = await _events(auth, "account=nobody%40example.org", admin)
    assert (failed["action"], failed["subject"]) == ("session.sign-in-failed", None)
    assert {e["action"] for e in await _events(auth, "action=session", admin)} == {
        "session.signed-in", "session.sign-in-failed",
    }  # fmt: skip
    assert await _events(auth, "action=session.signed", admin) == []
    moment = quote(changed["at"])
    assert (await _events(auth, f"since={moment}", admin))[-1] == changed
    assert changed not in await _events(auth, f"until={moment}", admin)
    for query in (
        "until=2020-01-01",
        "until=0001-01-01",
        "since=2999-12-31t23:59:59z",
        "account=nobody",
        "account=a%40b",
    ):
        assert await _events(auth, query, admin) == [], query


async def test_what_is_no_question_is_refused(auth: Auth) -> None:
    admin = await auth.admin()
    page = (await auth.call("GET", f"{AUDIT}?limit=1", identity=admin)).body
    another = page["page"]["next"].partition("?")[2] + "&action=session"  # a cursor fits its own filters only
    for query in ("actor=1", "account=", "action=Session", "action=", "since=2020-13-01", "limit=0", "cursor=x",
                  "until=2020-01-01T00:00:00", "since=0001-01-01T00:00:00%2B14:00", "who=me", another):  # fmt: skip
        assert (await auth.call("GET", f"{AUDIT}?{query}", identity=admin)).status == 400, query


async def test_others_may_not_read_it(auth: Auth, address: str) -> None:
    reader, _ = await auth.signed_in(address)
    assert (await auth.call("GET", AUDIT, identity=reader)).status == 403
    assert (await auth.call("GET", AUDIT)).status == 401
