"""What services show each other: each takes only what is addressed to it, also on its own port."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
import pytest

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.security.security_stack import Platform
from tests.web.web_stack import KEY

ADMIN = Identity("00000000-0000-4000-8000-000000000000", Role.ADMIN)
PAGES = {"auth": "/api/v1/auth/roles", "policy": "/api/v1/kinds", "web": "/login"}
OTHERS = {"auth": "policy", "policy": "web", "web": "auth"}
Make = Callable[[str], str | None]


def _claims(service: str) -> dict[str, object]:
    good = InternalTokens(KEY, "gateway").mint(ADMIN, service)
    return jwt.decode(good, options={"verify_signature": False})


def _signed(service: str, *, key: str = KEY, typ: str = "internal+jwt", alg: str = "HS256", **claims: object) -> str:
    return jwt.encode({**_claims(service), **claims}, key, algorithm=alg, headers={"typ": typ})


def _expired(service: str) -> str:
    now = int(time.time())
    return _signed(service, iat=now - 60, exp=now - 1)


BAD: dict[str, Make] = {
    "none": lambda service: None,
    "empty": lambda service: "",
    "for another service": lambda service: InternalTokens(KEY, "gateway").mint(ADMIN, OTHERS[service]),
    "for the gateway": lambda service: InternalTokens(KEY, service).mint(ADMIN, "gateway"),
    "for a list of services": lambda service: _signed(service, aud=[service, OTHERS[service]]),
    "with another key": lambda service: InternalTokens(KEY[::-1], "gateway").mint(ADMIN, service),
    "of another type": lambda service: _signed(service, typ="at+jwt"),
    "of no type": lambda service: _signed(service, typ="JWT"),
    "signed by nobody": lambda service: _signed(service, key="", alg="none"),
    "expired": _expired,
    "without a scope": lambda service: jwt.encode(
        {name: value for name, value in _claims(service).items() if name != "scope"},
        KEY,
        algorithm="HS256",
        headers={"typ": "internal+jwt"},
    ),
}


async def _status(platform: Platform, service: str, token: str | None, path: str = "") -> int:
    headers = {} if token is None else {INTERNAL_HEADER: token}
    address = platform.services[service] + (path or PAGES[service])
    async with platform.session.get(address, headers=headers, allow_redirects=False) as response:
        return response.status


@pytest.mark.parametrize("service", PAGES)
async def test_what_is_addressed_to_it_is_taken(platform: Platform, service: str) -> None:
    assert await _status(platform, service, InternalTokens(KEY, "gateway").mint(ADMIN, service)) == 200


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("service", PAGES)
async def test_anything_else_is_401(platform: Platform, service: str, bad: str) -> None:
    assert await _status(platform, service, BAD[bad](service)) == 401
    assert await _status(platform, service, BAD[bad](service), "/nothing-is-here") == 401, "not even what there is"


@pytest.mark.parametrize("service", PAGES)
async def test_an_access_token_or_a_key_is_nothing_to_it(platform: Platform, service: str) -> None:
    person = await platform.person("admin")
    assert await _status(platform, service, person.access_token) == 401
    address = platform.services[service] + PAGES[service]
    async with platform.session.get(address, headers=person.headers) as response:
        assert response.status == 401


@pytest.mark.parametrize("service", PAGES)
async def test_only_its_health_is_open_to_all(platform: Platform, service: str) -> None:
    for page in ("/livez", "/readyz", "/health", "/metrics"):
        assert await _status(platform, service, None, page) in (200, 503)


@pytest.mark.parametrize("path", ["/internal/introspect", "/internal/sessions", "/internal/openapi.json"])
async def test_what_services_say_to_each_other_has_no_address_outside(platform: Platform, path: str) -> None:
    for way in (path, f"/api/v1/auth/..{path}", path.replace("/i", "//i"), path.replace("internal", "%69nternal")):
        status, _, _ = await platform.call("POST", way, {"token_hash": "0" * 64}, by=await platform.person("admin"))
        assert status in (400, 404), way
