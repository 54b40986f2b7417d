"""Cross-site request forgery: no form of any page can be sent by another site, in anybody's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import pytest

from services.web.app import create_app
from services.web.csrf import SAFE_METHODS
from services.web.settings import WebSettings
from shared.web import OPERATIONS
from tests.security.security_stack import Platform
from tests.web.web_stack import KEY, NOWHERE, PASSWORD

FOREIGN = {
    "a browser's word": {"Sec-Fetch-Site": "cross-site"},
    "a browser's word of a sibling": {"Sec-Fetch-Site": "same-site"},
    "an origin": {"Origin": "https://evil.example"},
    "no origin at all": {"Origin": "null"},
    "an origin that claims to be ours": {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    "an origin that begins like ours": {"Origin": "http://localhost:8080.evil.example"},
}
_VALUES = {"id": "00000000-0000-4000-8000-000000000000"}


def forms() -> list[str]:
    """Every address of the web service that takes something else than reading, as its routes say."""
    app = create_app(
        WebSettings(internal_key=KEY, redis_url="redis://127.0.0.1:1/0", auth_url=NOWHERE, policy_url=NOWHERE)
    )
    found: set[str] = set()
    for route in app.router.routes():
        if route.method not in SAFE_METHODS and route.resource and route.resource.canonical not in OPERATIONS:
            found.update(f"{route.method} {path}" for path in _filled(route.resource.get_info()))
    return sorted(found)


def _filled(resource: Mapping[str, Any]) -> list[str]:
    """Addresses that a route matches: where it lists words, one with each."""
    if "path" in resource:
        return [resource["path"]]
    words = re.search(r"\(\?P<(\w+)>([a-z-]+(?:\|[a-z-]+)+)\)", resource["pattern"].pattern)
    chosen = words[2].split("|") if words else [""]
    paths = []
    for word in chosen:
        values = _VALUES | ({words[1]: word} if words else {})
        paths.append(re.sub(r"\{(\w+)\}", _value_from(values), resource["formatter"]))
    return paths


def _value_from(values: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: values.get(match[1], "1")


def test_the_forms_are_found() -> None:
    assert {"POST /login", "POST /logout", "POST /register"} <= set(forms())


async def _signed_in(platform: Platform, session: aiohttp.ClientSession) -> None:
    person = await platform.person("reader", fresh=True)
    async with session.get(f"{platform.gateway}/login") as response:
        token = _token_of(await response.text())
    fields = {"form_token": token, "email": person.email, "password": PASSWORD}
    async with session.post(f"{platform.gateway}/login", data=fields, allow_redirects=False) as response:
        assert response.status == 303, await response.text()


def _token_of(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


async def _posted(platform: Platform, session: aiohttp.ClientSession, form: str, **headers: str) -> tuple[int, str]:
    method, path = form.split(" ", 1)
    fields = {"form_token": "", "email": "a@example.org"}
    parts = aiohttp.FormData({"form_token": "", "importer": "markdown"})
    parts.add_field("file", b"# x", filename="x.md")
    for body in (fields, parts):
        async with session.request(
            method, platform.gateway + path, data=body, headers=headers, allow_redirects=False
        ) as response:
            if response.status != 415 or body is parts:
                return response.status, await response.text()
    raise AssertionError("neither kind of form was answered")


@pytest.mark.parametrize("form", forms())
async def test_no_form_works_without_its_token_or_from_elsewhere(platform: Platform, form: str) -> None:
    """Sent by the browser of somebody who is signed in, whose cookies go along."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await _signed_in(platform, session)
        status, said = await _posted(platform, session, form, **{"Sec-Fetch-Site": "same-origin"})
        assert status == 403, (status, said[:500])
        for why, headers in FOREIGN.items():
            status, said = await _posted(platform, session, form, **headers)
            assert status == 403, (why, status)
            assert "another site" in said, why


async def test_a_good_token_does_not_help_another_site(platform: Platform) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await _signed_in(platform, session)
        async with session.get(f"{platform.gateway}/account") as response:
            token = _token_of(await response.text())
        for headers in FOREIGN.values():
            async with session.post(
                f"{platform.gateway}/logout", data={"form_token": token}, headers=headers, allow_redirects=False
            ) as response:
                assert response.status == 403
        async with session.get(f"{platform.gateway}/account", allow_redirects=False) as response:
            assert response.status == 200, "still signed in"


async def test_the_api_takes_no_cookies(platform: Platform) -> None:
    """A page of another site can make a browser send cookies to the API: they open nothing there."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await _signed_in(platform, session)
        for method, path in (("GET", "/api/v1/auth/me"), ("POST", "/api/v1/auth/logout"), ("POST", "/api/v1/drafts")):
            async with session.request(
                method, platform.gateway + path, json={} if method == "POST" else None
            ) as response:
                assert response.status == 401, (method, path)


async def test_what_changes_something_cannot_be_sent_as_a_plain_form(platform: Platform) -> None:
    """Browsers send three kinds of bodies to other sites without asking; the API takes JSON only."""
    reader = await platform.person("reader")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = reader.headers | {"Content-Type": kind}
        async with platform.session.post(
            f"{platform.gateway}/api/v1/auth/login", data=b'{"email": "a", "password": "b"}', headers=headers
        ) as response:
            assert response.status == 415


async def test_no_site_may_read_with_somebodys_credentials(platform: Platform) -> None:
    headers = {"Origin": "https://evil.example"}
    for path in ("/api/v1/kinds", "/api/v1/auth/me", "/account", "/"):
        async with platform.session.get(platform.gateway + path, headers=headers, allow_redirects=False) as response:
            assert "Access-Control-Allow-Credentials" not in response.headers
            allowed = response.headers.get("Access-Control-Allow-Origin")
            assert allowed == ("*" if path == "/api/v1/kinds" else None), path
