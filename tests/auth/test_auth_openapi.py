"""openapi.yaml tells the truth: every route is in it and the other way round, and answers fit it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pyotp
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from services.auth.openapi import description
from shared.identity import ANONYMOUS, Identity
from shared.web import OPERATIONS
from tests.auth.auth_service import PASSWORD, PUBLIC_URL, Answer, Auth, auth_settings
from tests.auth.authenticator import Authenticator
from tests.mailbox import mailed_token


def test_routes_and_paths_are_the_same(database: DatabaseUrls, redis_url: str) -> None:
    app = create_app(auth_settings(database, redis_url))
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    public = {(method, path) for method, path in routes if path not in OPERATIONS and not path.startswith("/internal/")}
    described = {(method, path) for path, item in description()["paths"].items() for method in item}
    assert public == described


def test_the_description_is_valid_openapi() -> None:
    OpenAPI.from_dict(description()).check_spec()


async def test_it_is_served_to_the_gateway(auth: Auth) -> None:
    answer = await auth.call("GET", "/internal/openapi.json")
    assert (answer.status, answer.body) == (200, description())


async def test_answers_fit_the_description(auth: Auth, address: str) -> None:
    readers: dict[str, Callable[[bytes], Any]] = {
        "application/problem+json": json.loads,
        "application/jwk-set+json": json.loads,
    }
    spec = OpenAPI.from_dict(
        {**description(), "servers": [{"url": PUBLIC_URL}]}, config=Config(extra_media_type_deserializers=readers)
    )
    seen: set[tuple[str, str, int]] = set()

    async def check(
        method: str, path: str, status: int, body: Any = None, *, at: str = "", identity: Identity = ANONYMOUS
    ) -> Answer:
        answer = await auth.call(method, path, body, identity=identity)
        assert answer.status == status, answer
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        request = MockRequest(PUBLIC_URL, method.lower(), path.partition("?")[0])
        data = b"" if answer.body is None else json.dumps(answer.body).encode()
        response = MockResponse(data, status_code=status, headers=answer.headers, content_type=media)
        spec.validate_response(request, response)
        seen.add((method.lower(), at or path.partition("?")[0], status))
        return answer

    root = "/api/v1/auth"
    new = {"email": address, "password": PASSWORD, "display_name": "Reader"}
    await check("POST", f"{root}/register", 202, new)
    await check("POST", f"{root}/register", 422, {**new, "password": "short"})
    token = {"token": await mailed_token(auth.database, address)}
    await check("POST", f"{root}/verify-email", 200, token)
    await check("POST", f"{root}/verify-email", 403, token)
    tokens = (await check("POST", f"{root}/login", 200, {"email": address, "password": PASSWORD})).body
    await check("POST", f"{root}/login", 401, {"email": address, "password": "wrong"})
    await check("POST", f"{root}/login", 422, {"email": address})
    tokens = (await check("POST", f"{root}/refresh", 200, {"refresh_token": tokens["refresh_token"]})).body
    await check("POST", f"{root}/refresh", 401, {"refresh_token": "no"})
    reader = await auth.verify(tokens["access_token"])
    await check("GET", f"{root}/me", 200, identity=reader)
    await check("GET", f"{root}/me", 401)
    await check("POST", f"{root}/reauthenticate", 200, {"password": PASSWORD}, identity=reader)
    await check("POST", f"{root}/reauthenticate", 422, {"password": "wrong"}, identity=reader)
    await check("POST", f"{root}/reauthenticate", 401, {"password": PASSWORD})
    factors = f"{root}/factors"
    await check("POST", f"{factors}/recovery-codes", 409, identity=reader)
    app = (await check("POST", f"{factors}/app", 201, identity=reader)).body
    confirmation = {"enrolment": app["enrolment"], "code": pyotp.TOTP(app["secret"]).now()}
    await check("POST", f"{factors}/app/confirm", 422, {**confirmation, "code": "0"}, identity=reader)
    await check("POST", f"{factors}/app/confirm", 200, confirmation, identity=reader)
    await check("POST", f"{factors}/app/confirm", 409, confirmation, identity=reader)
    await check("POST", f"{root}/login", 401, {"email": address, "password": PASSWORD})
    begun = (await check("POST", f"{factors}/passkeys/options", 201, identity=reader)).body
    made = {"enrolment": begun["enrolment"], "credential": Authenticator(PUBLIC_URL).create(begun["options"])}
    key = (await check("POST", f"{factors}/passkeys", 201, made, identity=reader)).body["passkey"]
    await check("GET", factors, 200, identity=reader)
    await check("POST", f"{factors}/recovery-codes", 201, identity=reader)
    await check("DELETE", f"{factors}/app", 204, identity=reader)
    await check("DELETE", f"{factors}/app", 404, identity=reader)
    await check("DELETE", key["href"], 204, at=f"{factors}/passkeys/{{id}}", identity=reader)
    await check("GET", factors, 200, identity=reader)
    listed = (await check("GET", f"{root}/sessions", 200, identity=reader)).body["items"]
    assert [session["current"] for session in listed] == [True]
    await check("DELETE", f"{root}/sessions?except=current", 204, identity=reader)
    await check("DELETE", f"{root}/sessions?except=others", 400, identity=reader)
    await check("DELETE", f"{root}/sessions/{uuid4()}", 404, at=f"{root}/sessions/{{id}}", identity=reader)
    link = await auth.link_token()
    admin_body = {**new, "email": "ada@example.org", "token": link}
    await check("POST", f"{root}/first-admin", 201, admin_body)
    await check("POST", f"{root}/first-admin", 403, admin_body)
    admin = await auth.verify((await auth.login("ada@example.org")).body["access_token"])
    await check("GET", f"{root}/accounts?limit=1", 200, identity=admin)
    await check("GET", f"{root}/accounts?limit=0", 400, identity=admin)
    await check("GET", f"{root}/accounts", 403, identity=reader)
    one, pattern = f"{root}/accounts/{reader.subject}", f"{root}/accounts/{{id}}"
    await check("GET", one, 200, at=pattern, identity=admin)
    sessions = f"{pattern}/sessions"
    await check("GET", f"{one}/sessions", 200, at=sessions, identity=admin)
    await check("DELETE", f"{one}/sessions/x", 404, at=f"{sessions}/{{session}}", identity=admin)
    await check("DELETE", f"{root}/accounts/{uuid4()}/sessions", 404, at=sessions, identity=admin)
    for method, tail, body in (
        ("PUT", "areas", {"areas": ["ca"]}),
        ("POST", "disable", None),
        ("POST", "enable", None),
    ):
        await check(method, f"{one}/{tail}", 200, body, at=f"{pattern}/{tail}", identity=admin)
    await check("PATCH", one, 200, {"role": "editor"}, at=pattern, identity=admin)
    await check("PATCH", one, 403, {"role": "editor"}, at=pattern, identity=reader)
    await check("PATCH", f"{root}/accounts/1", 404, {"role": "editor"}, at=pattern, identity=admin)
    await check("PATCH", f"{root}/accounts/{admin.subject}", 409, {"role": "reader"}, at=pattern, identity=admin)
    await check("DELETE", f"{one}/factors", 204, at=f"{pattern}/factors", identity=admin)
    await check("DELETE", f"{one}/factors", 403, at=f"{pattern}/factors", identity=reader)
    wanted = {"name": "Export", "scopes": ["policies:read"]}
    made = (await check("POST", f"{root}/keys", 201, wanted, identity=admin)).body
    await check("POST", f"{root}/keys", 422, {**wanted, "scopes": []}, identity=admin)
    await check("GET", f"{root}/keys", 200, identity=admin)
    await check("DELETE", f"{root}/keys/{made['id']}", 204, at=f"{root}/keys/{{id}}", identity=admin)
    await check("DELETE", f"{root}/keys/x", 404, at=f"{root}/keys/{{id}}", identity=admin)
    made = (await check("POST", f"{root}/keys", 201, wanted, identity=admin)).body
    of_admin, keys = f"{root}/accounts/{admin.subject}", f"{pattern}/keys"
    await check("GET", f"{of_admin}/keys", 200, at=keys, identity=admin)
    await check("PUT", f"{of_admin}/plan", 200, {"plan": "partner"}, at=f"{pattern}/plan", identity=admin)
    plan_of_key = f"{of_admin}/keys/{made['id']}/plan"
    await check("PUT", plan_of_key, 200, {"plan": "partner"}, at=f"{keys}/{{key}}/plan", identity=admin)
    await check("DELETE", f"{of_admin}/keys/{made['id']}", 204, at=f"{keys}/{{key}}", identity=admin)
    await check("GET", f"{root}/audit?limit=200", 200, identity=admin)
    await check("GET", f"{root}/audit?since=yesterday", 400, identity=admin)
    await check("GET", f"{root}/audit", 403, identity=reader)
    await check("GET", f"{root}/providers", 200)
    await check("GET", f"{root}/logins", 200, identity=admin)
    await check("GET", f"{root}/logins", 401)
    await check("DELETE", f"{root}/logins/1", 404, at=f"{root}/logins/{{id}}", identity=admin)
    await check("GET", f"{root}/roles", 200)
    await check("GET", "/.well-known/jwks.json", 200)
    reader, _ = await auth.signed_in(address)  # what was done to the account ended the session before
    await check("PATCH", f"{root}/me", 200, {"display_name": "Renamed", "lang": "en"}, identity=reader)
    await check("GET", f"{root}/me/data", 200, identity=reader)
    await check("POST", f"{root}/email", 202, {"email": "new-" + address}, identity=reader)
    moving = {"token": await mailed_token(auth.database, "new-" + address, "change-email")}
    await check("POST", f"{root}/email/confirm", 204, moving)
    await check("POST", f"{root}/email/confirm", 403, moving)
    await check("POST", f"{root}/email/undo", 403, moving)
    back = {"token": await mailed_token(auth.database, address, "email-changed")}
    await check("POST", f"{root}/email/undo", 204, back)
    await check("POST", f"{root}/password-reset/request", 202, {"email": address})
    reset = {"token": await mailed_token(auth.database, address, "reset"), "password": PASSWORD}
    await check("POST", f"{root}/password-reset", 204, reset)
    await check("POST", f"{root}/password-reset", 403, reset)
    reader = await auth.verify((await auth.login(address)).body["access_token"])
    swap = {"old_password": PASSWORD, "new_password": PASSWORD + "s"}
    await check("POST", f"{root}/password", 204, swap, identity=reader)
    await check("POST", f"{root}/password", 422, swap, identity=reader)
    await check("POST", f"{root}/me/deletion", 422, {"email": "x" + address}, identity=reader)
    await check("POST", f"{root}/me/deletion", 409, {"email": "ada@example.org"}, identity=admin)
    await check("POST", f"{root}/logout", 204, identity=reader)
    await check("POST", f"{root}/logout", 401)
    leaver, _ = await auth.signed_in(address, PASSWORD + "s")
    await check("POST", f"{root}/me/deletion", 204, {"email": address}, identity=leaver)
    described = {(method, path) for path, item in description()["paths"].items() for method in item}
    assert {(method, path) for method, path, _ in seen} == described
