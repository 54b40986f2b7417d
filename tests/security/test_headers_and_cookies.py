"""What every answer says to browsers, and what cookies are like: over every address of every service."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import aiohttp
import pytest
from lxml import html
from pydantic import SecretStr

from services.web.app import create_app
from services.web.settings import WebSettings
from shared.web import OPERATIONS
from tests.security.described import operations
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.web.web_stack import KEY, NOWHERE, PASSWORD, running_auth, running_web

SECURE_URL = "https://law.example.org"
_VALUES = {
    "jurisdiction": "ca-port-lumen", "kind": "by-law", "number": "2016-04", "expression": "en@2024-07-01", "lang": "en",
    "version": "0", "name": "css/site.css",
}  # fmt: skip


def pages() -> list[str]:
    """An address for each route of the web service that is read, as its routes say."""
    key, redis_url = SecretStr(KEY), SecretStr("redis://127.0.0.1:1/0")
    app = create_app(WebSettings(internal_key=key, redis_url=redis_url, auth_url=NOWHERE, policy_url=NOWHERE))
    found = set()
    for route in app.router.routes():
        if route.method == "GET" and route.resource and route.resource.canonical not in OPERATIONS:
            path = re.sub(r"\{(\w+)[^}]*\}", lambda match: _VALUES.get(match[1], "1"), route.resource.canonical)
            found.add(path)
    return sorted(found)


def policy_of(headers: object) -> dict[str, str]:
    """The Content-Security-Policy by directive."""
    text = headers["Content-Security-Policy"]  # type: ignore[index]  # of aiohttp
    return dict(part.strip().partition(" ")[::2] for part in text.split(";") if part.strip())


@pytest.mark.parametrize("path", [*pages(), "/nowhere/at/all", "/%00"])
async def test_every_page_is_strict(platform: Platform, path: str) -> None:
    """Signed in as well as not, found as well as not."""
    async with platform.session.get(
        platform.gateway + path, headers={"Accept": "text/html"}, allow_redirects=False
    ) as response:
        assert response.status < 500, path
        policy = policy_of(response.headers)
        assert policy["default-src"] == "'none'"
        assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in str(policy)
        assert "*" not in policy.values()
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] in ("same-origin", "strict-origin-when-cross-origin")
        if response.headers.get("Cross-Origin-Opener-Policy"):  # all but what the gateway says itself
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "camera=()" in response.headers["Permissions-Policy"]
        else:
            assert path == "/%00"
        assert not response.headers.get("Strict-Transport-Security"), "it is http here"


async def test_every_answer_of_the_api_is_inert(platform: Platform) -> None:
    """Opened in a browser, nothing of it runs, is framed, or is taken for another type than it says."""
    admin = await platform.person("admin")
    for operation in await operations(platform):
        if operation.method != "GET":
            continue
        for by in (admin, None):
            address = platform.gateway + operation.target()
            async with platform.session.get(
                address, headers=by.headers if by else {}, allow_redirects=False
            ) as response:
                policy = policy_of(response.headers)
                assert policy["default-src"] == "'none'", operation.name
                assert policy["frame-ancestors"] == "'none'", operation.name
                assert "unsafe" not in str(policy), operation.name
                assert response.headers["X-Content-Type-Options"] == "nosniff", operation.name
                assert "Set-Cookie" not in response.headers, operation.name


async def test_pages_hold_nothing_inline(platform: Platform) -> None:
    """So that the policy needs no exception."""
    for path in pages():
        async with platform.session.get(
            platform.gateway + path, headers={"Accept": "text/html"}, allow_redirects=False
        ) as response:
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                continue
            text = await response.text()
        elements = [element for element in html.document_fromstring(text).iter() if isinstance(element.tag, str)]
        assert not [element for element in elements if element.tag == "script" and not element.get("src")], path
        assert not [element for element in elements if element.tag == "style" or "style" in element.attrib], path
        assert not [name for element in elements for name in element.attrib if str(name).startswith("on")], path
        assert not [element for element in elements if str(element.get("href", "")).startswith("javascript:")], path
        assert not re.search(r"""(?:src|href|action)="(?:https?:)?//(?!localhost)""", text) or "/docs" in path, path


async def _signed_in(gateway: str, platform: Platform, public: str) -> list[str]:
    """The Set-Cookie lines of a sign-in."""
    person = await platform.person("reader", fresh=True)
    headers = {"X-Forwarded-Proto": public.partition(":")[0]}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        async with session.get(f"{gateway}/login", headers=headers) as response:
            page, given = await response.text(), response.headers.getall("Set-Cookie")
        nonce = SimpleCookie(given[0])
        sent = "; ".join(f"{name}={morsel.value}" for name, morsel in nonce.items())
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token
        fields = {"form_token": token[1], "email": person.email, "password": PASSWORD}
        async with session.post(
            f"{gateway}/login", data=fields, headers=headers | {"Cookie": sent}, allow_redirects=False
        ) as response:
            assert response.status == 303, await response.text()
            return [*given, *response.headers.getall("Set-Cookie")]


def _attributes(lines: list[str]) -> dict[str, set[str]]:
    found = {}
    for line in lines:
        name, *rest = line.split(";")
        found[name.partition("=")[0]] = {part.strip().lower() for part in rest}
    return found


async def test_cookies_over_https(platform: Platform) -> None:
    async with (
        running_auth(platform.database, platform.redis_url, SECURE_URL) as auth,
        running_web(auth, platform.services["policy"], platform.redis_url, SECURE_URL) as (web, _),
        running_gateway({**platform.services, "auth": auth, "web": web}, platform.redis_url, **ROOMY) as gateway,
    ):
        cookies = _attributes(await _signed_in(gateway, platform, SECURE_URL))
        async with platform.session.get(f"{gateway}/login") as response:
            assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert {"__Host-session", "__Host-form"} <= cookies.keys()
    for name, attributes in cookies.items():
        assert {"secure", "path=/"} <= attributes, name
        assert "samesite=lax" in attributes or "samesite=strict" in attributes, name
        assert not any(attribute.startswith("domain") for attribute in attributes), name
        assert "httponly" in attributes or name == "signed-in", name


async def test_cookies_over_http_on_this_machine(platform: Platform) -> None:
    cookies = _attributes(await _signed_in(platform.gateway, platform, "http://localhost"))
    assert {"session", "form"} <= cookies.keys()
    for name, attributes in cookies.items():
        assert "httponly" in attributes or name == "signed-in", name
        assert "samesite=lax" in attributes, name


async def test_no_page_hands_a_token_to_the_browser(platform: Platform) -> None:
    lines = await _signed_in(platform.gateway, platform, "http://localhost")
    assert not any("eyJ" in line or "opr_" in line for line in lines)
