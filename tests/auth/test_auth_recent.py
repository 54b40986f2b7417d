"""Sensitive changes need somebody who showed who they are lately, and shown again it makes another session id."""

import dataclasses
import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest

from infra.db.addresses import DatabaseUrls
from services.auth.keys import SESSIONS
from services.auth.sessions.domain import Method
from shared.contracts.sessions import BrowserSession
from shared.db import open_database
from shared.errors import ReauthenticationRequired, Unauthenticated
from shared.identity import Identity
from shared.permissions import Role, permissions_of
from tests.auth.auth_service import PASSWORD, Auth
from tests.auth.conftest import running_auth

LONG_AGO = "UPDATE session SET authenticated_at = now() - interval '11 minutes'"


async def test_who_just_signed_in_is_recent_for_ten_minutes(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    session = await auth.app[SESSIONS].require_recent(identity)
    assert (str(session.account.id), set(session.methods)) == (identity.subject, {Method.PASSWORD})
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '9 minutes'")
    await auth.app[SESSIONS].require_recent(identity)
    await auth.rows(LONG_AGO)
    with pytest.raises(ReauthenticationRequired):
        await auth.app[SESSIONS].require_recent(identity)


async def test_an_api_client_shows_again_who_it_is(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.rows(LONG_AGO)
    wrong = await auth.call("POST", "/api/v1/auth/reauthenticate", {"password": "wrong"}, identity=identity)
    assert (wrong.status, wrong.body["errors"]) == (422, [{"detail": "is wrong", "pointer": "#/password"}])
    answer = await auth.call("POST", "/api/v1/auth/reauthenticate", {"password": PASSWORD}, identity=identity)
    assert answer.status == 200
    again = await auth.verify(answer.body["access_token"])
    assert (again.sid, again.scope) == (identity.sid, identity.scope)
    await auth.app[SESSIONS].require_recent(again)


async def test_what_is_no_living_session_is_never_recent(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    for sid in ("", "key-1"):
        with pytest.raises(ReauthenticationRequired):
            await auth.app[SESSIONS].require_recent(dataclasses.replace(identity, sid=sid))
    with pytest.raises(Unauthenticated):
        await auth.app[SESSIONS].require_recent(dataclasses.replace(identity, subject="another"))
    await auth.call("POST", "/api/v1/auth/logout", identity=identity)
    with pytest.raises(Unauthenticated):
        await auth.app[SESSIONS].require_recent(identity)


async def test_a_browser_goes_on_under_another_id_and_the_one_before_is_worth_nothing(auth: Auth, address: str) -> None:
    await auth.register(address)
    before = (await auth.open_browser(address)).body
    old = hashlib.sha256(before["session_id"].encode()).hexdigest()
    await auth.rows(LONG_AGO)
    path = "/internal/sessions/reauthenticate"
    wrong = await auth.call("POST", path, {"id_hash": old, "password": "wrong"}, caller="web")
    assert wrong.status == 422
    answer = await auth.call("POST", path, {"id_hash": old, "password": PASSWORD}, caller="web")
    assert answer.status == 201
    new = hashlib.sha256(answer.body["session_id"].encode()).hexdigest()
    assert (await auth.resolve(old)).status == 404
    assert await auth.redis.exists(f"sess:{old}") == 0
    known = BrowserSession.model_validate((await auth.resolve(new)).body)
    assert known.expires_at == before["session"]["expires_at"]
    identity = Identity(known.subject, Role.READER, sid=known.sid)
    await auth.app[SESSIONS].require_recent(identity)
    assert (await auth.call("POST", path, {"id_hash": old, "password": PASSWORD}, caller="web")).status == 401
    assert (await auth.call("POST", path, {"id_hash": new, "password": PASSWORD})).status == 403


async def test_all_sessions_but_one_are_ended(auth: Auth, address: str) -> None:
    kept, _ = await auth.signed_in(address)
    other, _ = await auth.signed_in(address)
    await auth.open_browser(address)
    stranger, _ = await auth.signed_in(f"x{address}")
    async with open_database(auth.database.auth_url, service="auth") as database, database.transaction() as connection:
        account, now = UUID(kept.subject), datetime.now(UTC)
        ended = await auth.app[SESSIONS].end_all(account, UUID(kept.sid), connection, now)
        assert len(ended) == 2
        assert await auth.app[SESSIONS].end_all(account, UUID(kept.sid), connection, now) == []
    for identity, status in ((kept, 200), (stranger, 200), (other, 401)):
        assert (await auth.call("GET", "/api/v1/auth/me", identity=identity)).status == status


async def test_a_role_that_asks_for_a_second_factor_holds_little_before_it(
    clean_database: DatabaseUrls, redis_url: str, address: str
) -> None:
    async with running_auth(clean_database, redis_url, two_factor_roles="editor") as auth:
        reader, _ = await auth.signed_in(address)
        assert reader.permissions == permissions_of(Role.READER)
        await auth.rows("UPDATE account SET role = 'editor'")
        editor = await auth.verify((await auth.login(address)).body["access_token"])
        assert editor.scope == "policies:read self:manage"
        browser = (await auth.open_browser(address)).body["session"]
        assert browser["scope"] == "policies:read self:manage"
        await auth.rows("UPDATE session SET methods = '{password,totp}'")
        answer = await auth.call("POST", "/api/v1/auth/reauthenticate", {"password": PASSWORD}, identity=editor)
        assert (await auth.verify(answer.body["access_token"])).permissions == permissions_of(Role.EDITOR)
