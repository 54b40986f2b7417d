"""Changing a password, and choosing another one when it is forgotten."""

from __future__ import annotations

import asyncio

from tests.auth.auth_service import PASSWORD, Answer, Auth
from tests.mailbox import letters, mailed_token
from tests.waiting import until

ROOT = "/api/v1/auth"
NEW = "quiet-Lantern-58-meadow"


async def _ask(auth: Auth, email: str) -> Answer:
    return await auth.call("POST", f"{ROOT}/password-reset/request", {"email": email})


async def _reset(auth: Auth, token: str, password: str = NEW) -> Answer:
    return await auth.call("POST", f"{ROOT}/password-reset", {"token": token, "password": password})


def _whole(answer: Answer) -> tuple[int, object, list[tuple[str, str]]]:
    changing = {"Date", "X-Request-ID"}
    body = {k: v for k, v in answer.body.items() if k != "request_id"} if answer.body else None
    return answer.status, body, sorted((k, v) for k, v in answer.headers.items() if k not in changing)


async def test_a_forgotten_password_is_chosen_anew_by_mail(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    browser = await auth.open_browser(address)
    assert (await _ask(auth, address)).status == 202
    token = await mailed_token(auth.database, address, "reset")
    weak = await _reset(auth, token, "passwordpassword")
    assert (weak.status, weak.body["errors"][0]["pointer"]) == (422, "#/password")
    assert (await _reset(auth, token)).status == 204
    assert (await _reset(auth, token)).status == 403
    assert (await auth.login(address, PASSWORD)).status == 401
    assert (await auth.login(address, NEW)).status == 200
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert (await auth.call("GET", f"{ROOT}/me", identity=identity)).status == 401
    assert await auth.redis.exists(f"revoked:sid:{browser.body['session']['sid']}") == 1
    assert int(await auth.redis.get(f"epoch:{identity.subject}") or 0) == identity.epoch + 1
    assert [one["kind"] for one in await letters(auth.database, address)] == ["verify", "reset", "password-changed"]


async def test_nobody_learns_by_asking_who_has_an_account(auth: Auth, address: str) -> None:
    await auth.register(address)
    await auth.register("off-" + address)
    await auth.rows("UPDATE account SET disabled_at = now() WHERE email = $1", "off-" + address)
    answers = [await _ask(auth, email) for email in (address, "nobody-" + address, "off-" + address)]
    assert len({str(_whole(answer)) for answer in answers}) == 1
    await mailed_token(auth.database, address, "reset")
    await until(lambda: _answered(auth))
    assert await letters(auth.database, "nobody-" + address) == []
    assert [one["kind"] for one in await letters(auth.database, "off-" + address)] == ["verify"]


async def _answered(auth: Auth) -> bool:
    return not await auth.rows("SELECT FROM reset_request")


async def test_an_expired_unknown_or_replaced_link_gets_one_answer(auth: Auth, address: str) -> None:
    await auth.register(address)
    await _ask(auth, address)
    token = await mailed_token(auth.database, address, "reset")
    await auth.rows("UPDATE account_link SET expires_at = now()")
    refused = [await _reset(auth, one) for one in (token, "nonsense", "")]
    assert {(answer.status, answer.body["detail"]) for answer in refused} == {
        (403, "This link cannot be used: it has expired, or it was used already.")
    }
    assert (await auth.login(address)).status == 200


async def test_two_uses_at_once_are_one(auth: Auth, address: str) -> None:
    await auth.register(address)
    await _ask(auth, address)
    token = await mailed_token(auth.database, address, "reset")
    answers = await asyncio.gather(*(_reset(auth, token, f"{NEW} {n}") for n in range(6)))
    assert sorted(answer.status for answer in answers) == [204] + [403] * 5


async def test_a_link_is_kept_as_a_hash_and_the_letter_waits_for_half_an_hour(auth: Auth, address: str) -> None:
    await auth.register(address)
    await _ask(auth, address)
    token = await mailed_token(auth.database, address, "reset")
    [row] = await auth.rows("SELECT hash, expires_at - created_at AS life FROM account_link WHERE purpose = 'reset'")
    assert token.encode() not in row["hash"]
    assert row["life"].total_seconds() == 1800
    [mail] = await auth.rows("SELECT give_up_at - created_at AS life FROM mail WHERE kind = 'reset'")
    assert mail["life"].total_seconds() == 1800


async def test_choosing_a_password_by_mail_confirms_the_address(auth: Auth, address: str) -> None:
    await auth.register(address, confirmed=False)
    assert (await auth.login(address)).status == 401
    await _ask(auth, address)
    assert (await _reset(auth, await mailed_token(auth.database, address, "reset"))).status == 204
    assert (await auth.login(address, NEW)).status == 200
    late = await mailed_token(auth.database, address, "verify")
    assert (await auth.call("POST", f"{ROOT}/verify-email", {"token": late})).status == 403


async def test_a_reset_ends_the_delays_that_others_earned(auth: Auth, address: str) -> None:
    await auth.register(address)
    for _ in range(12):
        await auth.login(address, "a wrong password")
    assert (await auth.login(address)).status == 429
    await _ask(auth, address)
    await _reset(auth, await mailed_token(auth.database, address, "reset"))
    assert (await auth.login(address, NEW)).status == 200


async def test_changing_needs_the_old_one_and_ends_the_other_sessions(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    other, _ = await auth.signed_in(address)
    path, body = f"{ROOT}/password", {"old_password": PASSWORD, "new_password": NEW}
    wrong = await auth.call("POST", path, {**body, "old_password": "wrong"}, identity=identity)
    assert (wrong.status, wrong.body["errors"]) == (422, [{"detail": "is wrong", "pointer": "#/old_password"}])
    weak = await auth.call("POST", path, {**body, "new_password": "passwordpassword"}, identity=identity)
    assert (weak.status, weak.body["errors"][0]["pointer"]) == (422, "#/new_password")
    assert (await auth.call("POST", path, body)).status == 401
    assert (await auth.call("POST", path, body, identity=identity)).status == 204
    assert (await auth.call("GET", f"{ROOT}/me", identity=identity)).status == 200
    assert (await auth.call("GET", f"{ROOT}/me", identity=other)).status == 401
    assert (await auth.refresh(tokens["refresh_token"])).status == 200
    assert (await auth.login(address)).status == 401
    assert (await auth.login(address, NEW)).status == 200
    assert (await letters(auth.database, address))[-1]["kind"] == "password-changed"


async def test_the_old_password_cannot_be_guessed_from_a_stolen_session(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    body = {"old_password": "wrong", "new_password": NEW}
    statuses = [(await auth.call("POST", f"{ROOT}/password", body, identity=identity)).status for _ in range(24)]
    assert statuses[:21] == [422] * 21
    assert statuses[-1] == 429
    assert (await auth.login(address)).status == 200
