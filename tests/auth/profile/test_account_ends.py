"""Renaming, a copy of one's data, and the end of an account."""

from __future__ import annotations

import json

from tests.auth.auth_service import Auth
from tests.mailbox import letters

ROOT = "/api/v1/auth"


async def test_name_and_language_change_at_once(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    opened = await auth.open_browser(address)
    renamed = await auth.call("PATCH", f"{ROOT}/me", {"display_name": " Grace   Hopper "}, identity=identity)
    assert (renamed.status, renamed.body["display_name"]) == (200, "Grace Hopper")
    hidden = await auth.call("PATCH", f"{ROOT}/me", {"display_name": "a\u202eb"}, identity=identity)
    assert hidden.status == 422
    assert (await auth.call("PATCH", f"{ROOT}/me", {"role": "admin"}, identity=identity)).status == 422
    keys = await auth.redis.keys("sess:*")
    assert keys == []  # what browsers' sessions said of the name is forgotten
    assert opened.status == 201
    assert (await auth.call("PATCH", f"{ROOT}/me", {"lang": "fr"}, identity=identity)).status == 200
    body = {"email": "new-" + address}
    assert (await auth.call("POST", f"{ROOT}/email", body, identity=identity)).status == 202
    assert [one["lang"] for one in await letters(auth.database, "new-" + address)] == ["fr"]


async def test_the_copy_holds_what_is_known_and_no_secret(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    await auth.open_browser(address)
    made = await auth.call("POST", f"{ROOT}/keys", {"name": "mine", "scopes": ["policies:read"]}, identity=identity)
    assert made.status == 201, made
    other, _ = await auth.signed_in("other-" + address)
    copy = await auth.call("GET", f"{ROOT}/me/data", identity=identity)
    assert (copy.status, copy.headers["Content-Disposition"]) == (200, 'attachment; filename="my-data.json"')
    assert copy.body["account"]["email"] == address
    assert [one["kind"] for one in copy.body["sessions"]] == ["api", "browser"]
    assert copy.body["sessions"][1]["address"] == "192.0.2.7"
    assert [one["name"] for one in copy.body["api_keys"]] == ["mine"]
    assert [one["kind"] for one in copy.body["letters"]] == ["verify"]
    actions = [one["action"] for one in copy.body["events"]]
    assert actions[:3] == ["account.registered", "account.verified", "session.signed-in"]
    assert actions[-1] == "account.exported"
    text = json.dumps(copy.body)
    assert other.subject not in text
    for secret in (tokens["refresh_token"], made.body["key"], "$2b$", "?token="):
        assert secret not in text
    assert (await auth.call("GET", f"{ROOT}/me/data")).status == 401


async def test_a_deleted_account_is_gone_and_only_its_id_is_left(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    opened = await auth.open_browser(address)
    await auth.call("POST", f"{ROOT}/keys", {"name": "My laptop", "scopes": ["policies:read"]}, identity=identity)
    wrong = await auth.call("POST", f"{ROOT}/me/deletion", {"email": "x" + address}, identity=identity)
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "#/email")
    done = await auth.call("POST", f"{ROOT}/me/deletion", {"email": address.upper()}, identity=identity)
    assert done.status == 204
    assert (await auth.login(address)).status == 401
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert (await auth.call("GET", f"{ROOT}/me", identity=identity)).status == 401
    assert await auth.redis.exists(f"revoked:sid:{opened.body['session']['sid']}") == 1
    tables = ("account", "session", "api_key", "account_link", "audit_event")
    for table in tables:
        kept = [row["kept"] for row in await auth.rows(f"SELECT row_to_json(t)::text AS kept FROM {table} t")]
        for personal in (address, "A Reader", "My laptop", "192.0.2.7", "Firefox"):
            assert not [row for row in kept if personal in row], (table, personal)
    assert [one["kind"] for one in await letters(auth.database, address)] == ["deleted"]
    assert await auth.rows("SELECT FROM audit_event WHERE action = 'account.deleted' AND subject = $1::uuid",
                           identity.subject)  # fmt: skip
    admin = await auth.admin("admin-" + address)
    listed = await auth.call("GET", f"{ROOT}/accounts", identity=admin)
    assert [one["email"] for one in listed.body["items"]] == ["admin-" + address]
    back = await auth.call("PATCH", f"{ROOT}/accounts/{identity.subject}", {"role": "editor"}, identity=admin)
    assert back.status == 404
    assert (await auth.login(f"deleted:{identity.subject}", "")).status == 401
    await auth.register(address)  # the address is free again, and whoever has it now is somebody else
    assert (await auth.signed_in(address))[0].subject != identity.subject


async def test_the_last_administrator_stays(auth: Auth, address: str) -> None:
    admin = await auth.admin(address)
    body = {"email": address}
    refused = await auth.call("POST", f"{ROOT}/me/deletion", body, identity=admin)
    assert (refused.status, refused.body["type"]) == (409, "/docs/errors#conflict")
    other, _ = await auth.signed_in("other-" + address)
    await auth.call("PATCH", f"{ROOT}/accounts/{other.subject}", {"role": "admin"}, identity=admin)
    assert (await auth.call("POST", f"{ROOT}/me/deletion", body, identity=admin)).status == 204


async def test_it_needs_a_recent_sign_in(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '11 minutes'")
    refused = await auth.call("POST", f"{ROOT}/me/deletion", {"email": address}, identity=identity)
    assert (refused.status, refused.body["type"]) == (403, "/docs/errors#reauthentication-required")
