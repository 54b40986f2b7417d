"""The first administrator's link: once, for a day, only while there is no administrator."""

import asyncio
from typing import Any

import pytest

from services.auth.roles.domain import AdministratorExists
from tests.auth.auth_service import PASSWORD, Answer, Auth

OTHER_PASSWORD = "quiet-Lantern-58-meadow"


async def _redeem(auth: Auth, token: str, email: str, **changes: Any) -> Answer:
    body = {"token": token, "email": email, "password": PASSWORD, "display_name": "Ada", **changes}
    return await auth.call("POST", "/api/v1/auth/first-admin", body)


async def test_the_link_makes_an_administrator(auth: Auth) -> None:
    answer = await _redeem(auth, await auth.link_token(), "ada@example.org")
    assert (answer.status, answer.body["role"]) == (201, "admin")
    identity = await auth.verify((await auth.login("ada@example.org")).body["access_token"])
    assert identity.role == "admin"


async def test_only_one_of_many_wins(auth: Auth) -> None:
    token = await auth.link_token()
    answers = await asyncio.gather(*(_redeem(auth, token, f"a{n}@example.org") for n in range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [403] * 7
    rows = await auth.rows("SELECT email FROM account WHERE role = 'admin'")
    assert len(rows) == 1


async def test_a_used_unknown_expired_or_replaced_link_gets_one_answer(auth: Auth) -> None:
    replaced = await auth.link_token()
    expired = await auth.link_token()
    await auth.rows("UPDATE first_admin_link SET expires_at = now()")
    refused = [await _redeem(auth, token, "x@example.org") for token in (replaced, expired, "nonsense")]
    used = await auth.link_token()
    assert (await _redeem(auth, used, "ada@example.org")).status == 201
    refused.append(await _redeem(auth, used, "eve@example.org"))
    assert {(answer.status, answer.body["detail"]) for answer in refused} == {
        (403, "This link cannot be used: it has expired, was used, or there is an administrator already.")
    }


async def test_there_is_no_link_once_there_is_an_administrator(auth: Auth) -> None:
    await auth.admin()
    with pytest.raises(AdministratorExists):
        await auth.link_token()


async def test_a_weak_password_does_not_use_the_link_up(auth: Auth) -> None:
    token = await auth.link_token()
    weak = await _redeem(auth, token, "ada@example.org", password="passwordpassword")
    assert (weak.status, weak.body["errors"][0]["pointer"]) == (422, "#/password")
    assert (await _redeem(auth, token, "ada@example.org")).status == 201


async def test_a_squatted_address_is_taken_over_with_everything(auth: Auth) -> None:
    squatter, tokens = await auth.signed_in("ada@example.org")
    opened = await auth.open_browser("ada@example.org")
    answer = await _redeem(auth, await auth.link_token(), "Ada@Example.org", password=OTHER_PASSWORD)
    assert (answer.status, answer.body["id"]) == (201, squatter.subject)
    assert (await auth.login("ada@example.org", PASSWORD)).status == 401
    assert (await auth.login("ada@example.org", OTHER_PASSWORD)).status == 200
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert (await auth.call("GET", "/api/v1/auth/me", identity=squatter)).status == 401
    assert await auth.redis.exists(f"revoked:sid:{opened.body['session']['sid']}") == 1
    assert int(await auth.redis.get(f"epoch:{squatter.subject}") or 0) == squatter.epoch + 1
