"""API keys: said once, narrower than their owner, bounded in number and life, and dead at once when revoked."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from services.auth.apikeys.service import WRITE_SECONDS
from shared.api_keys import hash_of, is_well_formed, new_api_key
from shared.contracts.introspection import INTROSPECT, REVOKED_KEY_PREFIX, Introspection
from shared.contracts.sessions import ANNOUNCED_KEY
from shared.identity import ANONYMOUS, Identity
from shared.permissions import Permission, Role
from tests.auth.auth_service import Answer, Auth, auth_settings

KEYS = "/api/v1/auth/keys"


async def make(auth: Auth, identity: Identity, **changes: Any) -> Answer:
    body = {"name": "Nightly export", "scopes": ["policies:read"], **changes}
    return await auth.call("POST", KEYS, body, identity=identity)


async def introspect(auth: Auth, key: str, *, caller: str = "gateway") -> Answer:
    return await auth.call("POST", INTROSPECT, {"token_hash": hash_of(key).hex()}, caller=caller)


async def test_a_key_is_said_once_and_kept_as_a_hash(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    made = await make(auth, identity, scopes=["self:manage", "policies:read", "policies:read"])
    assert made.status == 201, made
    key = made.body.pop("key")
    assert is_well_formed(key)
    assert made.body["hint"] == key[:8]
    assert made.body["scopes"] == ["policies:read", "self:manage"]
    assert (await auth.call("GET", KEYS, identity=identity)).body == {"items": [made.body]}
    rows = await auth.rows("SELECT * FROM api_key")
    assert rows[0]["hash"] == hash_of(key)
    assert key not in str(dict(rows[0]))
    trail = await auth.rows("SELECT action, detail::text AS detail FROM audit_event WHERE action LIKE 'key.%'")
    assert [row["action"] for row in trail] == ["key.made"]
    assert made.body["id"] in trail[0]["detail"]
    assert key not in trail[0]["detail"]


async def test_it_lives_for_90_days_unless_said_otherwise(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await make(auth, identity)
    await make(auth, identity, expires_in_days=1)
    lives = await auth.rows("SELECT expires_at - created_at AS life FROM api_key ORDER BY life")
    assert [row["life"].days for row in lives] == [1, 90]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"scopes": []}, "#/scopes"),
        ({"scopes": ["policies:read", "drafts:write"]}, "#/scopes/1"),
        ({"scopes": ["everything"]}, "#/scopes/0"),
        ({"expires_in_days": 0}, "#/expires_in_days"),
        ({"expires_in_days": 367}, "#/expires_in_days"),
        ({"expires_in_days": None}, "#/expires_in_days"),
        ({"name": " "}, "#/name"),
        ({"plan": "partner"}, "#/plan"),
    ],
)
async def test_what_a_key_cannot_be(auth: Auth, address: str, changes: dict[str, Any], pointer: str) -> None:
    identity, _ = await auth.signed_in(address)
    refused = await make(auth, identity, **changes)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.body["errors"]] == [pointer]


async def test_a_narrowed_session_makes_no_wider_key(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.rows("UPDATE account SET role = 'editor'")
    waits_for_its_second_factor = replace(identity, role=Role.EDITOR, scope="policies:read self:manage")
    assert (await make(auth, waits_for_its_second_factor, scopes=["drafts:write"])).status == 422
    whole = replace(identity, role=Role.EDITOR, scope="")
    assert (await make(auth, whole, scopes=["drafts:write"])).status == 201
    await auth.rows("UPDATE account SET role = 'reader'")
    assert (await make(auth, whole, scopes=["drafts:write"])).status == 422, "the token is older than the role"


async def test_an_account_has_only_so_many_also_when_it_asks_for_them_at_once(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    most = auth_settings(auth.database, "redis://127.0.0.1:1/0").api_keys_per_account
    statuses = sorted(
        [answer.status for answer in await asyncio.gather(*(make(auth, identity) for _ in range(most + 4)))]
    )
    assert statuses == [201] * most + [409] * 4
    first = (await auth.call("GET", KEYS, identity=identity)).body["items"][0]
    assert (await auth.call("DELETE", f"{KEYS}/{first['id']}", identity=identity)).status == 204
    assert (await make(auth, identity)).status == 201


async def test_who_may_manage_keys(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    assert (await make(auth, ANONYMOUS)).status == 401
    assert (await make(auth, replace(identity, scope="policies:read"))).status == 403
    by_key = replace(identity, sid="", key="0b0e7ea5-9a8e-4a68-8f2a-6d5d7a0f7c11")
    for method, path in (("POST", KEYS), ("GET", KEYS), ("DELETE", f"{KEYS}/{identity.sid}")):
        answer = await auth.call(method, path, {"name": "x", "scopes": ["policies:read"]}, identity=by_key)
        assert answer.status == 403, "a key that leaked must not be outlived by others"
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '11 minutes'")
    late = await make(auth, identity)
    assert (late.status, late.body["type"]) == (403, "/docs/errors#reauthentication-required")


async def test_introspection_says_what_the_key_may_do_now(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.rows("UPDATE account SET role = 'editor', plan = 'partner'")
    made = (await make(auth, replace(identity, role=Role.EDITOR, scope=""), scopes=["drafts:write"])).body
    said = Introspection.model_validate((await introspect(auth, made["key"])).body)
    assert said.active
    assert said.exp == pytest.approx(time.time() + 90 * 86_400, abs=60)
    seen = said.identity()
    assert (seen.subject, seen.sid, seen.key, seen.plan) == (identity.subject, "", made["id"], "partner")
    assert seen.permissions == {Permission.WRITE_DRAFTS}
    await auth.rows("UPDATE account SET role = 'reader', epoch = epoch + 1")
    demoted = Introspection.model_validate((await introspect(auth, made["key"])).body)
    assert demoted.identity().permissions == set()
    assert demoted.epoch == said.epoch + 1


async def test_only_the_gateway_may_ask(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    key = (await make(auth, identity)).body["key"]
    assert (await introspect(auth, key, caller="web")).status == 403
    assert (await introspect(auth, key, caller="policy")).status == 401, "that service calls nobody"


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE api_key SET revoked_at = now()",
        "UPDATE api_key SET expires_at = now()",
        "UPDATE account SET disabled_at = now()",
        "DELETE FROM account",
    ],
)
async def test_a_dead_key_is_told_from_an_unknown_one_by_nothing(auth: Auth, address: str, end: str) -> None:
    identity, _ = await auth.signed_in(address)
    key = (await make(auth, identity)).body["key"]
    assert (await introspect(auth, key)).body["active"]
    await auth.rows(end)
    assert (await introspect(auth, key)).body == (await introspect(auth, new_api_key())).body == {"active": False}


async def test_a_revocation_is_announced_and_again_after_redis_forgot(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    made = (await make(auth, identity)).body
    for _ in range(2):  # once more is no error
        assert (await auth.call("DELETE", f"{KEYS}/{made['id']}", identity=identity)).status == 204
    assert await auth.redis.get(f"{REVOKED_KEY_PREFIX}{made['id']}")
    assert (await auth.call("GET", KEYS, identity=identity)).body == {"items": []}
    trail = await auth.rows("SELECT FROM audit_event WHERE action = 'key.revoked'")
    assert len(trail) == 1
    await auth.redis.flushdb()
    for _ in range(200):
        if await auth.redis.get(ANNOUNCED_KEY):
            break
        await asyncio.sleep(0.05)
    assert await auth.redis.get(f"{REVOKED_KEY_PREFIX}{made['id']}")


async def test_somebody_elses_key_is_not_there(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    made = (await make(auth, identity)).body
    stranger, _ = await auth.signed_in("stranger@example.org")
    for id_ in (made["id"], "no-id"):
        assert (await auth.call("DELETE", f"{KEYS}/{id_}", identity=stranger)).status == 404
    assert (await introspect(auth, made["key"])).body["active"]
    of_owner = f"/api/v1/auth/accounts/{identity.subject}/keys"
    assert (await auth.call("GET", of_owner, identity=identity)).status == 403
    admin = await auth.admin()
    listed = await auth.call("GET", of_owner, identity=admin)
    assert [key["id"] for key in listed.body["items"]] == [made["id"]]
    assert (await auth.call("DELETE", f"{of_owner}/{made['id']}", identity=admin)).status == 204
    assert not (await introspect(auth, made["key"])).body["active"]


async def test_last_use_is_written_some_seconds_later_for_many_at_once(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    key = (await make(auth, identity)).body["key"]
    for _ in range(20):
        await introspect(auth, key)
    assert (await auth.call("GET", KEYS, identity=identity)).body["items"][0]["last_used_at"] is None
    for _ in range(int(WRITE_SECONDS * 40)):
        if (await auth.call("GET", KEYS, identity=identity)).body["items"][0]["last_used_at"]:
            break
        await asyncio.sleep(0.05)
    assert (await auth.call("GET", KEYS, identity=identity)).body["items"][0]["last_used_at"]


async def test_administrators_choose_among_the_plans_there_are(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    made = (await make(auth, identity)).body
    admin = await auth.admin()
    account = f"/api/v1/auth/accounts/{identity.subject}"
    for path in (f"{account}/plan", f"{account}/keys/{made['id']}/plan"):
        assert (await auth.call("PUT", path, {"plan": "partner"}, identity=identity)).status == 403
        assert (await auth.call("PUT", path, {"plan": "unheard-of"}, identity=admin)).status == 422
        assert (await auth.call("PUT", path, {"plan": "partner"}, identity=admin)).body == {"plan": "partner"}
    said = Introspection.model_validate((await introspect(auth, made["key"])).body)
    assert (said.plan, said.key_plan) == ("partner", "partner")
    token = (await auth.login(address)).body["access_token"]
    assert (await auth.verify(token)).plan == "partner"
    assert (await auth.call("GET", account, identity=admin)).body["plan"] == "partner"
    assert (await auth.call("PUT", f"{account}/plan", {"plan": ""}, identity=admin)).status == 200
    assert Introspection.model_validate((await introspect(auth, made["key"])).body).plan == ""
    other = f"/api/v1/auth/accounts/{admin.subject}/keys/{made['id']}/plan"
    for nowhere in (other, f"{account}/keys/x/plan", f"/api/v1/auth/accounts/{identity.sid}/plan"):
        assert (await auth.call("PUT", nowhere, {"plan": "partner"}, identity=admin)).status == 404
