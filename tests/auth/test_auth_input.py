"""Whatever is sent, the answer is one of the client's errors, never one of ours, and nothing unasked is assigned."""

from typing import Any

import pytest

from tests.auth.auth_service import PASSWORD, Auth

GOOD = {"email": "reader@example.org", "password": PASSWORD, "display_name": "Reader"}


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@b", "@example.org", "a@", "a b@example.org", "a@exa mple.org", "a@@example.org", "a@example..org",
     "a@-example.org", "a@example.org\r\nBcc: x@example.org", ".a@example.org", "a" * 65 + "@example.org",
     "a@" + "b" * 260 + ".org", "a\u202e@example.org", "a@example.org\u200b"],
)  # fmt: skip
async def test_addresses_that_are_none(auth: Auth, email: str) -> None:
    answer = await auth.register(email, confirmed=False)
    assert (answer.status, [e["pointer"] for e in answer.body["errors"]]) == (422, ["#/email"])


@pytest.mark.parametrize(
    "email", ["é@exämple.org", "a+b@example.org", "o'hara@sub.example.co.uk", "a@xn--exmple-cua.org"]
)
async def test_addresses_that_are_taken(auth: Auth, email: str) -> None:
    assert (await auth.register(email)).status == 202
    assert (await auth.login(email)).status == 200


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "a\u202eb", "a\x07b", "x" * 81])
async def test_names_that_are_refused(auth: Auth, name: str) -> None:
    answer = await auth.register("reader@example.org", name=name, confirmed=False)
    assert (answer.status, [e["pointer"] for e in answer.body["errors"]]) == (422, ["#/display_name"])


async def test_every_wrong_field_is_named_at_once(auth: Auth) -> None:
    body = {"email": "no", "password": "short", "display_name": "", "role": "admin"}
    answer = await auth.call("POST", "/api/v1/auth/register", body)
    assert answer.status == 422
    assert {e["pointer"] for e in answer.body["errors"]} == {"#/email", "#/password", "#/display_name", "#/role"}


@pytest.mark.parametrize("field", ["role", "id", "epoch", "password_hash", "disabled_at", "is_admin"])
async def test_nothing_else_can_be_assigned(auth: Auth, field: str) -> None:
    answer = await auth.call("POST", "/api/v1/auth/register", {**GOOD, field: "admin"})
    assert (answer.status, [e["pointer"] for e in answer.body["errors"]]) == (422, [f"#/{field}"])
    assert await auth.rows("SELECT id FROM account") == []


async def test_a_change_of_role_assigns_nothing_but_the_role(auth: Auth) -> None:
    admin = await auth.admin()
    for extra in ({"email": "x@example.org"}, {"epoch": 0}, {"password": PASSWORD}):
        path = f"/api/v1/auth/accounts/{admin.subject}"
        assert (await auth.call("PATCH", path, {"role": "admin", **extra}, identity=admin)).status == 422


@pytest.mark.parametrize("bad", ["\x00", "a\x00b", "\ud800", "\udfff x"])
@pytest.mark.parametrize("path", ["register", "login", "refresh", "first-admin"])
async def test_what_is_not_text_is_refused(auth: Auth, path: str, bad: str) -> None:
    fields = {
        "register": ("email", "password", "display_name"),
        "login": ("email", "password"),
        "refresh": ("refresh_token",),
        "first-admin": ("token", "email", "password", "display_name"),
    }[path]
    for field in fields:
        body = dict.fromkeys(fields, "x") | {field: bad}
        answer = await auth.call("POST", f"/api/v1/auth/{path}", body)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, f"#/{field}")


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["a@example.org"], {"$ne": ""}, 10**400])
@pytest.mark.parametrize("path", ["register", "login", "refresh"])
async def test_values_of_other_types_are_refused(auth: Auth, path: str, value: Any) -> None:
    body = {"refresh_token": value} if path == "refresh" else {"email": value, "password": value}
    assert (await auth.call("POST", f"/api/v1/auth/{path}", body)).status == 422


async def test_bodies_that_are_too_large(auth: Auth) -> None:
    answer = await auth.call("POST", "/api/v1/auth/login", {"email": "a", "password": "x" * 20_000})
    assert answer.status == 413
    answer = await auth.call("POST", "/api/v1/auth/login", {"email": "a", "password": "x" * 1025})
    assert answer.status == 422


async def test_parameters_that_nobody_reads_are_named(auth: Auth) -> None:
    answer = await auth.call("POST", "/api/v1/auth/login?email=a&next=%2F", {"email": "a", "password": "b"})
    assert (answer.status, [e["pointer"] for e in answer.body["errors"]]) == (400, ["email", "next"])
    assert (await auth.call("GET", "/api/v1/auth/roles?a%00=1")).status == 400


async def test_headers_that_are_not_text_do_no_harm(auth: Auth, address: str) -> None:
    await auth.register(address)
    headers = {"User-Agent": "b\udce9ta agent", "X-Forwarded-For": "203.0.113.9, 198.51.100.4"}
    body = {"email": address, "password": PASSWORD}
    assert (await auth.call("POST", "/api/v1/auth/login", body, headers=headers)).status == 200
    [row] = await auth.rows("SELECT user_agent, address FROM session")
    assert (row["user_agent"], row["address"]) == ("bta agent", "198.51.100.4")


async def test_a_method_that_does_not_apply_is_said_before_its_parameters(auth: Auth) -> None:
    assert (await auth.call("PUT", "/api/v1/auth/accounts?limit=20")).status == 405
    assert (await auth.call("GET", "/api/v1/auth/nothing?limit=20")).status == 404
