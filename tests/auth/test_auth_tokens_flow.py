"""An API client registers, signs in, is known, and signs out."""

import jwt

from tests.auth.auth_service import PUBLIC_URL, Auth


async def test_register_login_me_logout(auth: Auth, address: str) -> None:
    accepted = await auth.register(address, name="  Grace   Hopper ")
    assert (accepted.status, accepted.body) == (202, {"status": "accepted"})
    identity, tokens = await auth.signed_in(address)
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    assert 0 < tokens["refresh_expires_in"] <= 7 * 86400
    me = await auth.call("GET", "/api/v1/auth/me", identity=identity)
    assert me.status == 200
    assert (me.body["email"], me.body["display_name"], me.body["role"]) == (address, "Grace Hopper", "reader")
    assert me.headers["Cache-Control"] == "no-store"

    out = await auth.call("POST", "/api/v1/auth/logout", identity=identity)
    assert out.status == 204
    assert await auth.redis.ttl(f"revoked:sid:{identity.sid}") > 11 * 3600
    assert (await auth.call("GET", "/api/v1/auth/me", identity=identity)).status == 401
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    again = await auth.call("POST", "/api/v1/auth/logout", identity=identity)
    assert again.status == 204


async def test_the_access_token_says_who_and_for_how_long(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    header = jwt.get_unverified_header(tokens["access_token"])
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (header["typ"], header["alg"]) == ("at+jwt", "EdDSA")
    assert (claims["iss"], claims["aud"], claims["role"], claims["epoch"]) == (PUBLIC_URL, "openpolicy", "reader", 1)
    assert claims["exp"] - claims["iat"] == 300
    rows = await auth.rows("SELECT a.email FROM session s JOIN account a ON a.id = s.account_id WHERE s.sid = $1::uuid",
                           identity.sid)  # fmt: skip
    assert [row["email"] for row in rows] == [address]


async def test_each_sign_in_is_a_session_of_its_own(auth: Auth, address: str) -> None:
    first, tokens = await auth.signed_in(address)
    second, _ = await auth.signed_in(address)
    assert first.sid != second.sid
    assert (await auth.call("POST", "/api/v1/auth/logout", identity=second)).status == 204
    assert (await auth.call("GET", "/api/v1/auth/me", identity=first)).status == 200
    assert (await auth.refresh(tokens["refresh_token"])).status == 200


async def test_nobody_signs_another_account_out(auth: Auth, address: str) -> None:
    victim, _ = await auth.signed_in(address)
    other, _ = await auth.signed_in("other-" + address)
    forged = type(victim)(subject=other.subject, role=other.role, sid=victim.sid, caller="")
    assert (await auth.call("POST", "/api/v1/auth/logout", identity=forged)).status == 401
    assert (await auth.call("GET", "/api/v1/auth/me", identity=forged)).status == 401
    assert (await auth.call("GET", "/api/v1/auth/me", identity=victim)).status == 200


async def test_without_signing_in_there_is_no_me(auth: Auth) -> None:
    for method, path in (("GET", "me"), ("POST", "logout"), ("GET", "accounts")):
        answer = await auth.call(method, f"/api/v1/auth/{path}")
        assert (answer.status, answer.body["type"]) == (401, "/docs/errors#unauthenticated"), path


async def test_an_address_is_the_same_in_any_case_and_form(auth: Auth, address: str) -> None:
    await auth.register(f"  Re\u0301ne-{address.upper()}")
    assert (await auth.login(f"r\u00e9ne-{address}")).status == 200
