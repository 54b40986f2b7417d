"""Roles change at once, and there is always an administrator."""

import asyncio
import hashlib
from uuid import uuid4

import pytest

from shared.identity import Identity
from shared.permissions import ROLE_PERMISSIONS, Role
from tests.auth.auth_service import Answer, Auth


async def _change(auth: Auth, actor: Identity, account: str, role: str) -> Answer:
    return await auth.call("PATCH", f"/api/v1/auth/accounts/{account}", {"role": role}, identity=actor)


async def _second_admin(auth: Auth, first: Identity) -> Identity:
    other, _ = await auth.signed_in("second@example.org")
    assert (await _change(auth, first, other.subject, "admin")).status == 200
    return await auth.verify((await auth.login("second@example.org")).body["access_token"])


async def test_a_change_raises_the_epoch_in_redis(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, tokens = await auth.signed_in(address)
    changed = await _change(auth, admin, reader.subject, "editor")
    assert (changed.status, changed.body["role"]) == (200, "editor")
    assert "drafts:write" in changed.body["permissions"]
    assert int(await auth.redis.get(f"epoch:{reader.subject}") or 0) == reader.epoch + 1
    assert 600 < await auth.redis.ttl(f"epoch:{reader.subject}") <= 900
    refreshed = await auth.verify((await auth.refresh(tokens["refresh_token"])).body["access_token"])
    assert (refreshed.role, refreshed.epoch) == (Role.EDITOR, reader.epoch + 1)


async def test_the_same_role_changes_nothing(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, _ = await auth.signed_in(address)
    assert (await _change(auth, admin, reader.subject, "reader")).status == 200
    assert await auth.redis.exists(f"epoch:{reader.subject}") == 0


async def test_browsers_sign_in_anew_after_a_change(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    await auth.register(address)
    opened = (await auth.open_browser(address)).body
    id_hash = hashlib.sha256(opened["session_id"].encode()).hexdigest()
    assert await auth.redis.exists(f"sess:{id_hash}") == 1
    assert (await _change(auth, admin, opened["session"]["subject"], "reviewer")).status == 200
    assert await auth.redis.exists(f"sess:{id_hash}") == 0
    assert (await auth.resolve(id_hash)).status == 404
    assert (await auth.open_browser(address)).body["session"]["role"] == "reviewer"


async def test_the_last_administrator_stays(auth: Auth) -> None:
    admin = await auth.admin()
    answer = await _change(auth, admin, admin.subject, "reader")
    assert (answer.status, answer.body["type"]) == (409, "/docs/errors#conflict")
    assert (await auth.call("GET", "/api/v1/auth/me", identity=admin)).body["role"] == "admin"


@pytest.mark.parametrize("crosswise", [False, True])
async def test_of_two_administrators_demoted_at_once_one_stays(auth: Auth, crosswise: bool) -> None:
    first = await auth.admin()
    second = await _second_admin(auth, first)
    targets = (second, first) if crosswise else (first, second)
    answers = await asyncio.gather(
        _change(auth, first, targets[0].subject, "reader"), _change(auth, second, targets[1].subject, "reader")
    )
    # The loser is told that it is the last one, or, demoted by the other a moment before, that it may not any more.
    assert sorted(answer.status for answer in answers) == [200, 403 if crosswise else 409]
    assert len(await auth.rows("SELECT id FROM account WHERE role = 'admin'")) == 1


async def test_a_token_from_before_the_loss_of_the_role_changes_nothing(auth: Auth, address: str) -> None:
    first = await auth.admin()
    second = await _second_admin(auth, first)
    assert (await _change(auth, first, second.subject, "reader")).status == 200
    assert (await _change(auth, second, second.subject, "admin")).status == 403


async def test_who_may_not_manage_accounts_is_refused(auth: Auth, address: str) -> None:
    await auth.admin()
    reader, _ = await auth.signed_in(address)
    for role in (Role.READER, Role.EDITOR, Role.REVIEWER):
        identity = Identity(reader.subject, role, reader.sid)
        assert (await _change(auth, identity, reader.subject, "admin")).status == 403
        assert (await auth.call("GET", "/api/v1/auth/accounts", identity=identity)).status == 403


async def test_unknown_accounts_and_roles(auth: Auth) -> None:
    admin = await auth.admin()
    for account in (str(uuid4()), "1", "%00", "..%2F", "é"):
        assert (await _change(auth, admin, account, "reader")).status == 404, account
    for role in ("owner", "anonymous", ""):
        answer = await _change(auth, admin, admin.subject, role)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "#/role")


async def test_the_table_of_roles(auth: Auth) -> None:
    answer = await auth.call("GET", "/api/v1/auth/roles")
    assert answer.status == 200
    assert {item["role"]: set(item["permissions"]) for item in answer.body["items"]} == {
        role.value: {permission.value for permission in permissions} for role, permissions in ROLE_PERMISSIONS.items()
    }
