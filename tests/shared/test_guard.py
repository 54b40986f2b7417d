"""A service does what its description allows, and does not start with a route that it does not name."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from shared.guard import guard
from shared.identity import ANONYMOUS, Identity
from shared.permissions import Role
from shared.settings import ServiceSettings
from shared.tokens import INTERNAL_HEADER, InternalTokens
from shared.web import create_base_app
from tests.serving import running

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
DESCRIBED = {
    "/open": {"get": {"x-permission": ["policies:read"]}},
    "/door": {"post": {"x-permission": []}},
    "/own/{id}": {"get": {"x-permission": ["drafts:read", "drafts:write"]}, "parameters": []},
}
EDITOR, READER = Identity("e", Role.EDITOR, sid="s"), Identity("r", Role.READER, sid="s")


def application(paths: dict[str, Any], **more: str) -> web.Application:
    app = create_base_app(
        ServiceSettings(internal_key=SecretStr(KEY), redis_url=SecretStr("redis://127.0.0.1:1/0")), service="policy"
    )

    async def done(_: web.Request) -> web.Response:
        return web.Response(text="done")

    for method, path in (("GET", "/open"), ("POST", "/door"), ("GET", "/own/{id}"), ("GET", "/internal/x")):
        app.router.add_route(method, path, done)
    for method, path in more.items():
        app.router.add_route(method, path, done)
    guard(app, {"paths": paths})
    return app


async def test_one_of_the_permissions_is_needed() -> None:
    narrowed = Identity("e", Role.EDITOR, sid="s", scope="policies:read")
    expected = {
        ("GET", "/open"): (200, 200, 200, 200),
        ("POST", "/door"): (200, 200, 200, 200),
        ("GET", "/own/1"): (401, 403, 200, 403),
        ("GET", "/internal/x"): (200, 200, 200, 200),
        ("GET", "/nowhere"): (404, 404, 404, 404),
        ("PUT", "/own/1"): (405, 405, 405, 405),
    }
    async with running(application(DESCRIBED)) as base, aiohttp.ClientSession(base) as session:
        for (method, path), statuses in expected.items():
            for identity, status in zip((ANONYMOUS, READER, EDITOR, narrowed), statuses, strict=True):
                headers = {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(identity, "policy")}
                async with session.request(method, path, headers=headers) as response:
                    assert response.status == status, (method, path, identity.role)


async def test_what_is_read_without_signing_in_is_refused_to_no_key() -> None:
    scoped = Identity("e", Role.EDITOR, sid="s", scope="drafts:write")
    headers = {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(scoped, "policy")}
    async with running(application(DESCRIBED)) as base, aiohttp.ClientSession(base) as session:
        for path in ("/open", "/own/1"):
            async with session.get(path, headers=headers) as response:
                assert response.status == 200


@pytest.mark.parametrize("missing", DESCRIBED)
def test_a_route_without_a_word_keeps_the_service_from_starting(missing: str) -> None:
    with pytest.raises(LookupError, match=missing.partition("{")[0]):
        application({path: item for path, item in DESCRIBED.items() if path != missing})


def test_an_operation_says_what_it_needs_in_known_words() -> None:
    with pytest.raises(LookupError, match="GET /open names no x-permission"):
        application(DESCRIBED | {"/open": {"get": {}}})
    with pytest.raises(ValueError, match="drafts:own"):
        application(DESCRIBED | {"/open": {"get": {"x-permission": ["drafts:own"]}}})
