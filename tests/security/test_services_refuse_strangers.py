"""A service answers the gateway and the web and nobody else, on its own port too: every route, inner ones as well."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, INTERNAL_SECONDS, InternalTokens, sign_access_token
from shared.web import OPERATIONS
from tests.e2e.test_descriptions_and_routes import auth_app, policy_app, web_app
from tests.security.security_stack import Platform
from tests.web.web_stack import KEY, PUBLIC_URL

APPLICATIONS: dict[str, Callable[[], web.Application]] = {"auth": auth_app, "policy": policy_app, "web": web_app}
OTHERS = {"auth": "policy", "policy": "web", "web": "auth"}
ADMIN = Identity("00000000-0000-4000-8000-000000000000", Role.ADMIN, sid="s", areas="*")
AT_ONCE = 8


def _expired(service: str) -> str:
    good = InternalTokens(KEY, "gateway").mint(ADMIN, service)
    claims = jwt.decode(good, KEY, algorithms=["HS256"], audience=service)
    before = int(time.time()) - INTERNAL_SECONDS - 1
    aged = claims | {"iat": before, "exp": before + INTERNAL_SECONDS}
    return jwt.encode(aged, KEY, algorithm="HS256", headers={"typ": "internal+jwt"})


def _own_access_token(_: str) -> str:
    return sign_access_token(ADMIN, key=Ed25519PrivateKey.generate(), kid="k", issuer=PUBLIC_URL)


TOKENS: dict[str, Callable[[str], str | None]] = {
    "none": lambda _: None,
    "empty": lambda _: "",
    "for another service": lambda service: InternalTokens(KEY, "gateway").mint(ADMIN, OTHERS[service]),
    "with another key": lambda service: InternalTokens(KEY[::-1], "gateway").mint(ADMIN, service),
    "of a service that calls nobody": lambda service: InternalTokens(KEY, "policy").mint(ADMIN, service),
    "expired": _expired,
    "an access token": _own_access_token,
}


def routes(service: str) -> list[tuple[str, str]]:
    """Method and address of every route that asks who calls; parameters are made up."""
    found = {
        (route.method, re.sub(r"\{[^}]*\}", "x", route.resource.canonical))
        for route in APPLICATIONS[service]().router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    return sorted((method, path) for method, path in found if path not in OPERATIONS)


@pytest.mark.parametrize("service", APPLICATIONS)
async def test_no_route_answers_a_stranger(platform: Platform, service: str) -> None:
    known = routes(service)
    assert ("GET", "/internal/openapi.json") in known or service == "web"
    places = asyncio.Semaphore(AT_ONCE)

    async def attempt(method: str, path: str, kind: str, token: str | None) -> tuple[str, str, str, int]:
        headers = {} if token is None else {INTERNAL_HEADER: token}
        address = platform.services[service] + path
        async with (
            places,
            platform.session.request(
                "GET" if method == "*" else method, address, headers=headers, allow_redirects=False
            ) as answer,
        ):
            return method, path, kind, answer.status

    tokens = {kind: make(service) for kind, make in TOKENS.items()}
    tried = await asyncio.gather(
        *(attempt(method, path, kind, token) for method, path in known for kind, token in tokens.items())
    )
    assert [one for one in tried if one[3] != 401] == []


async def test_the_gateways_own_token_is_good(platform: Platform) -> None:
    """Else the test above would show nothing."""
    for service in APPLICATIONS:
        headers = {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(ADMIN, service)}
        async with aiohttp.ClientSession(platform.services[service], headers=headers) as session:
            path = "/" if service == "web" else "/internal/openapi.json"
            async with session.get(path) as answer:
                assert answer.status == 200, service
