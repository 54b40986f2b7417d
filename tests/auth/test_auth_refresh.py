"""A refresh token works once; a second use ends the family."""

import asyncio

from tests.auth.auth_service import Auth


async def test_each_token_leads_to_the_next(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        answer = await auth.refresh(tokens["refresh_token"])
        assert answer.status == 200
        tokens = answer.body
        assert (await auth.verify(tokens["access_token"])).sid == identity.sid
        seen.add(tokens["refresh_token"])
    assert len(seen) == 4


async def test_a_second_use_ends_the_session_for_everyone(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    successor = (await auth.refresh(tokens["refresh_token"])).body["refresh_token"]
    replay = await auth.refresh(tokens["refresh_token"])
    assert replay.status == 401
    assert (await auth.refresh(successor)).status == 401
    assert await auth.redis.exists(f"revoked:sid:{identity.sid}") == 1
    assert (await auth.call("GET", "/api/v1/auth/me", identity=identity)).status == 401


async def test_twenty_uses_at_once_have_one_successor(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    answers = await asyncio.gather(*(auth.refresh(tokens["refresh_token"]) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 19
    [count] = await auth.rows("SELECT count(*) FROM refresh_token WHERE sid = $1::uuid", identity.sid)
    assert count["count"] == 2
    [winner] = [answer.body for answer in answers if answer.status == 200]
    assert (await auth.refresh(winner["refresh_token"])).status == 401
    assert await auth.redis.exists(f"revoked:sid:{identity.sid}") == 1
    reuses = await auth.rows("SELECT sid FROM audit_event WHERE action = 'session.refresh-reused'")
    assert [str(row["sid"]) for row in reuses] == [identity.sid]


async def test_another_session_of_the_account_goes_on(auth: Auth, address: str) -> None:
    _, first = await auth.signed_in(address)
    _, second = await auth.signed_in(address)
    await auth.refresh(first["refresh_token"])
    assert (await auth.refresh(first["refresh_token"])).status == 401
    assert (await auth.refresh(second["refresh_token"])).status == 200


async def test_expired_unknown_and_foreign_tokens_get_one_answer(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    await auth.rows("UPDATE refresh_token SET expires_at = now() WHERE sid = $1::uuid", identity.sid)
    answers = [await auth.refresh(token) for token in (tokens["refresh_token"], "opr_unknown", "", "é" * 256)]
    assert {(a.status, a.body["detail"]) for a in answers} == {(401, "The refresh token is not valid. Sign in again.")}


async def test_a_session_has_an_absolute_end(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    await auth.rows("UPDATE session SET expires_at = now() + interval '90 seconds' WHERE sid = $1::uuid", identity.sid)
    renewed = await auth.refresh(tokens["refresh_token"])
    assert 0 < renewed.body["refresh_expires_in"] <= 90
    await auth.rows("UPDATE session SET expires_at = now() WHERE sid = $1::uuid", identity.sid)
    assert (await auth.refresh(renewed.body["refresh_token"])).status == 401


async def test_secrets_are_kept_as_hashes_only(auth: Auth, address: str) -> None:
    _, tokens = await auth.signed_in(address)
    rows = await auth.rows("SELECT row_to_json(r)::text AS kept FROM refresh_token r")
    assert rows
    assert all(tokens["refresh_token"][4:] not in row["kept"] for row in rows)
