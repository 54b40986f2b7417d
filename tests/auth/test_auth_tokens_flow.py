"""An API client registers, signs in, is known, refreshes and signs out."""

from tests.auth.auth_service import Auth


async def test_register_login_me_logout(auth: Auth, address: str) -> None:
    accepted = await auth.register(address, name="  Grace   Hopper ")
    assert (accepted.status, accepted.body) == (202, {"status": "accepted"})
    identity, tokens = await auth.signed_in(address)
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    me = await auth.call("GET", "/api/v1/auth/me", identity=identity)
    assert me.status == 200
    assert (me.body["email"], me.body["display_name"], me.body["role"]) == (address, "Grace Hopper", "reader")
    assert me.headers["Cache-Control"] == "no-store"
    out = await auth.call("POST", "/api/v1/auth/logout", identity=identity)
    assert out.status == 204
    assert await auth.redis.exists(f"revoked:sid:{identity.sid}") == 1
    assert (await auth.call("GET", "/api/v1/auth/me", identity=identity)).status == 401
    assert (await auth.refresh(tokens["refresh_token"])).status == 401


async def test_first_admin(auth: Auth) -> None:
    admin = await auth.admin()
    assert admin.role == "admin"


async def test_browser(auth: Auth, address: str) -> None:
    await auth.register(address)
    opened = await auth.open_browser(address)
    assert opened.status == 201, opened
