"""Areas, disabling and enabling: in force at once, on record, and never leaving nobody to manage accounts."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.identity import Identity
from tests.auth.auth_service import PASSWORD, Answer, Auth

ACCOUNTS = "/api/v1/auth/accounts"


async def _do(auth: Auth, actor: Identity, account: str, method: str, tail: str = "", body: Any = None) -> Answer:
    return await auth.call(method, f"{ACCOUNTS}/{account}{tail}", body, identity=actor)


async def test_areas_are_given_with_the_role_and_alone(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, tokens = await auth.signed_in(address)
    assert reader.areas == ""
    body = {"role": "editor", "areas": ["xx-town", "ca", "ca"]}
    changed = await _do(auth, admin, reader.subject, "PATCH", "", body)
    assert (changed.status, changed.body["role"], changed.body["areas"]) == (200, "editor", ["ca", "xx-town"])
    changed = await _do(auth, admin, reader.subject, "PUT", "/areas", {"areas": ["*"]})
    assert (changed.body["role"], changed.body["areas"]) == ("editor", ["*"])
    assert (await _do(auth, admin, reader.subject, "PATCH", "", {"role": "reviewer"})).body["areas"] == ["*"]
    assert int(await auth.redis.get(f"epoch:{reader.subject}") or 0) == reader.epoch + 3
    refreshed = await auth.verify((await auth.refresh(tokens["refresh_token"])).body["access_token"])
    assert (refreshed.areas, refreshed.epoch) == ("*", reader.epoch + 3)
    assert (await _do(auth, admin, reader.subject, "GET")).body["areas"] == ["*"]
    rows = await auth.rows(
        "SELECT action, detail->>'to' AS now FROM audit_event WHERE actor = $1 ORDER BY id", admin.subject
    )
    told = [tuple(row) for row in rows if row["action"].startswith("account.")]
    assert told == [
        ("account.role-changed", "editor"), ("account.areas-changed", "ca xx-town"),
        ("account.areas-changed", "*"), ("account.role-changed", "reviewer"),
    ]  # fmt: skip


async def test_a_browser_goes_on_with_other_areas(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    await auth.register(address)
    opened = (await auth.open_browser(address)).body
    id_hash = hashlib.sha256(opened["session_id"].encode()).hexdigest()
    account = opened["session"]["subject"]
    assert (await _do(auth, admin, account, "PUT", "/areas", {"areas": ["ca"]})).status == 200
    resolved = (await auth.resolve(id_hash)).body
    assert (resolved["areas"], resolved["epoch"]) == ("ca", opened["session"]["epoch"] + 1)


@pytest.mark.parametrize("areas", [["*", "ca"], [""], ["CA"], ["a b"], ["x" * 65], "ca", None, [1], [["ca"]]])
async def test_what_is_no_area_is_refused(auth: Auth, areas: Any) -> None:
    admin = await auth.admin()
    answer = await _do(auth, admin, admin.subject, "PUT", "/areas", {"areas": areas})
    assert (answer.status, answer.body["errors"][0]["pointer"][:7]) == (422, "#/areas")
    assert (await _do(auth, admin, admin.subject, "PATCH", "", {})).status == 422


async def test_a_disabled_account_is_signed_out_everywhere_until_it_is_enabled(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, tokens = await auth.signed_in(address)
    opened = (await auth.open_browser(address)).body
    id_hash = hashlib.sha256(opened["session_id"].encode()).hexdigest()
    disabled = await _do(auth, admin, reader.subject, "POST", "/disable")
    assert (disabled.status, disabled.body["disabled"]) == (200, True)
    assert (await auth.login(address)).status == 401
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert (await auth.resolve(id_hash)).status == 404
    assert (await auth.call("GET", "/api/v1/auth/me", identity=reader)).status == 401
    assert int(await auth.redis.get(f"epoch:{reader.subject}") or 0) == reader.epoch + 1
    assert await auth.redis.exists(f"revoked:sid:{reader.sid}") == 1
    again = await _do(auth, admin, reader.subject, "POST", "/disable")
    assert again.status == 200  # once more is no error, and no event
    assert (await _do(auth, admin, reader.subject, "POST", "/enable")).body["disabled"] is False
    assert (await auth.login(address)).status == 200
    rows = await auth.rows(
        "SELECT action FROM audit_event WHERE subject = $1 AND actor <> $1 ORDER BY id", reader.subject
    )
    assert [row["action"] for row in rows] == ["account.disabled", "account.enabled"]


async def test_the_last_administrator_is_not_disabled(auth: Auth) -> None:
    admin = await auth.admin()
    assert (await _do(auth, admin, admin.subject, "POST", "/disable")).status == 409
    other, _ = await auth.signed_in("second@example.org")
    assert (await _do(auth, admin, other.subject, "PATCH", "", {"role": "admin"})).status == 200
    second = await auth.verify((await auth.login("second@example.org")).body["access_token"])
    answers = await asyncio.gather(
        _do(auth, admin, admin.subject, "POST", "/disable"),
        _do(auth, second, second.subject, "PATCH", "", {"role": "reader"}),
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert len(await auth.rows("SELECT FROM account WHERE role = 'admin' AND disabled_at IS NULL")) == 1


async def test_the_database_keeps_an_administrator_whatever_the_service_does(auth: Auth) -> None:
    first = await auth.admin()
    other, _ = await auth.signed_in("second@example.org")
    assert (await _do(auth, first, other.subject, "PATCH", "", {"role": "admin"})).status == 200
    statements = (
        "UPDATE account SET role = 'reader' WHERE role = 'admin'",
        "UPDATE account SET disabled_at = now()",
        "DELETE FROM account",
    )
    for statement in statements:
        with pytest.raises(asyncpg.PostgresError, match="last administrator"):
            await auth.rows(statement)
    deletions = (auth.rows("DELETE FROM account WHERE id = $1", person.subject) for person in (first, other))
    answers = await asyncio.gather(*deletions, return_exceptions=True)
    assert sorted(isinstance(answer, asyncpg.PostgresError) for answer in answers) == [False, True]
    assert len(await auth.rows("SELECT FROM account WHERE role = 'admin'")) == 1


async def test_who_has_not_shown_lately_who_they_are_changes_nothing(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, _ = await auth.signed_in(address)
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '11 minutes'")
    requests = (
        ("PATCH", "", {"role": "admin"}), ("PUT", "/areas", {"areas": ["*"]}), ("POST", "/disable", None),
        ("POST", "/enable", None),
    )  # fmt: skip
    for method, tail, body in requests:
        answer = await _do(auth, admin, reader.subject, method, tail, body)
        assert (answer.status, answer.body["type"]) == (403, "/docs/errors#reauthentication-required"), tail
    assert (await _do(auth, admin, reader.subject, "GET")).body["role"] == "reader"
    proof = await auth.call("POST", "/api/v1/auth/reauthenticate", {"password": PASSWORD}, identity=admin)
    assert proof.status == 200
    assert (await _do(auth, admin, reader.subject, "PUT", "/areas", {"areas": ["*"]})).status == 200


async def test_unknown_accounts_are_not_found(auth: Auth) -> None:
    admin = await auth.admin()
    for account in (str(uuid4()), "1", "é"):
        for method, tail in (("GET", ""), ("POST", "/disable"), ("POST", "/enable")):
            assert (await _do(auth, admin, account, method, tail)).status == 404, (account, tail)
        assert (await _do(auth, admin, account, "PUT", "/areas", {"areas": []})).status == 404


async def test_accounts_are_found_by_role_and_by_part_of_address_or_name(auth: Auth) -> None:
    admin = await auth.admin()
    for email, name in (("zoe@example.org", "Zoé Q_%"), ("yan@example.org", "Yan"), ("xi@example.com", "Xi")):
        await auth.register(email, name=name)
    found: dict[str, list[str]] = {}
    for query in (
        "q=EXAMPLE.ORG",
        "q=zo%C3%A9",
        "q=_%25",
        "q=%25",
        "role=admin",
        "role=editor",
        "q=yan&role=reader",
        "q=yan&role=admin",
    ):
        answer = await auth.call("GET", f"{ACCOUNTS}?{query}", identity=admin)
        assert answer.status == 200, answer
        found[query] = [item["email"].partition("@")[0] for item in answer.body["items"]]
    assert found == {
        "q=EXAMPLE.ORG": ["admin", "yan", "zoe"], "q=zo%C3%A9": ["zoe"], "q=_%25": ["zoe"], "q=%25": ["zoe"],
        "role=admin": ["admin"], "role=editor": [], "q=yan&role=reader": ["yan"], "q=yan&role=admin": [],
    }  # fmt: skip
    first = (await auth.call("GET", f"{ACCOUNTS}?q=example.org&limit=1", identity=admin)).body
    second = (await auth.call("GET", first["page"]["next"], identity=admin)).body
    assert (second["items"][0]["email"], second["page"]["prev"] is not None) == ("yan@example.org", True)
    elsewhere = first["page"]["next"].replace("q=example.org", "q=yan")
    assert (await auth.call("GET", elsewhere, identity=admin)).status == 400
    assert (await auth.call("GET", f"{ACCOUNTS}?role=king", identity=admin)).status == 400


async def test_sessions_of_others_are_listed_and_ended_by_administrators(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    reader, _ = await auth.signed_in(address)
    opened = (await auth.open_browser(address)).body
    id_hash = hashlib.sha256(opened["session_id"].encode()).hexdigest()
    listed = (await _do(auth, admin, reader.subject, "GET", "/sessions")).body["items"]
    assert {item["id"] for item in listed} == {reader.sid, opened["session"]["sid"]}
    assert not any(item["current"] for item in listed)
    theirs = (await _do(auth, admin, admin.subject, "GET", "/sessions")).body["items"]
    assert [(item["id"], item["current"]) for item in theirs] == [(admin.sid, True)]
    ended = await auth.call(
        "DELETE", next(item["href"] for item in listed if item["kind"] == "browser"), identity=admin
    )
    assert (ended.status, (await auth.resolve(id_hash)).status) == (204, 404)
    assert (await auth.call("GET", "/api/v1/auth/me", identity=reader)).status == 200
    other = f"/sessions/{admin.sid}"
    assert (await _do(auth, admin, reader.subject, "DELETE", other)).status == 404  # of another account
    assert (await _do(auth, admin, reader.subject, "DELETE", "/sessions")).status == 204
    assert (await auth.call("GET", "/api/v1/auth/me", identity=reader)).status == 401
    assert await auth.redis.exists(f"revoked:sid:{reader.sid}") == 1
    rows = await auth.rows(
        "SELECT count(*) AS n FROM audit_event WHERE action = 'session.ended' AND actor = $1", admin.subject
    )
    assert rows[0]["n"] == 2
