"""Administrators page through all accounts."""

import asyncio

from shared.identity import Identity
from tests.auth.auth_service import Answer, Auth


async def _get(auth: Auth, address: str, admin: Identity) -> Answer:
    answer = await auth.call("GET", address, identity=admin)
    assert answer.status == 200, answer
    return answer


async def test_the_pages_together_are_the_table_in_both_directions(auth: Auth) -> None:
    admin = await auth.admin("m@example.org")
    emails = [f"{letter}@example.org" for letter in "zyxabc"] + ["é@example.org"]
    await asyncio.gather(*(auth.register(email, confirmed=False) for email in emails))
    expected = sorted([*emails, "m@example.org"], key=lambda email: email.encode())
    seen, address = [], "/api/v1/auth/accounts?limit=3"
    while True:
        answer = await _get(auth, address, admin)
        seen += [item["email"] for item in answer.body["items"]]
        if answer.body["page"]["next"] is None:
            break
        address = answer.body["page"]["next"]
        assert f'<{address}>; rel="next"' in answer.headers["Link"]
    assert seen == expected
    back = [item["email"] for item in answer.body["items"]]
    while answer.body["page"]["prev"] is not None:
        answer = await _get(auth, answer.body["page"]["prev"], admin)
        back = [item["email"] for item in answer.body["items"]] + back
    assert back == expected


async def test_an_account_shows_no_secret(auth: Auth) -> None:
    admin = await auth.admin()
    answer = await _get(auth, "/api/v1/auth/accounts", admin)
    [item] = answer.body["items"]
    assert set(item) == {
        "id", "email", "display_name", "role", "areas", "plan", "permissions", "created_at", "disabled", "href",
    }  # fmt: skip
    assert answer.body["page"] == {"next": None, "prev": None, "limit": 20}


async def test_what_is_not_a_page_is_refused(auth: Auth) -> None:
    admin = await auth.admin()
    for query in ("limit=0", "limit=201", "limit=x", "cursor=", "cursor=abc", "cursor=%00", "cursor=é", "sort=role"):
        answer = await auth.call("GET", f"/api/v1/auth/accounts?{query}", identity=admin)
        assert answer.status == 400, query
