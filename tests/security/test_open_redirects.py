"""No address of ours leads to another site."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from tests.gateway.sockets import ask
from tests.security.security_stack import Platform
from tests.web.web_stack import PASSWORD

ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/%09/evil.example", "http:evil.example", "javascript:alert(1)", "https:/evil.example",
    "/.evil.example/..//evil.example", "@evil.example", "/%5cevil.example", " https://evil.example",
    "/\n/evil.example", "data:text/html,x", "?//evil.example", "\u2028//evil.example", "/\u00a0/evil.example",
    "//localhost@evil.example/",
]  # fmt: skip


def leads_away(location: str) -> bool:
    """Whether a browser that was on our site would leave it."""
    seen = re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/")
    return bool(urlsplit(seen).netloc or urlsplit(seen).scheme) and "evil" in seen


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_after_signing_in(platform: Platform, target: str) -> None:
    person = await platform.person("reader")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{platform.gateway}/login", params={"next": target}) as response:
            page = await response.text()
            assert response.status in (200, 400), page
        if response.status == 400:
            async with session.get(f"{platform.gateway}/login") as response:
                page = await response.text()
        carried = re.search(r'name="next" value="([^"]*)"', page)
        assert carried is None or not leads_away(carried[1])
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token
        fields = {"form_token": token[1], "email": person.email, "password": PASSWORD, "next": target}
        async with session.post(f"{platform.gateway}/login", data=fields, allow_redirects=False) as response:
            assert response.status == 303, await response.text()
            assert not leads_away(response.headers["Location"]), response.headers["Location"]
            assert response.headers["Location"].startswith("/")


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "/evil.example/", "//evil.example/%2e%2e/", "/%2f%2fevil.example/", "/https://evil.example/",
     "/\\evil.example/", "/account/", "//account/", "/login/?next=//evil.example", "/browse/?a=//evil.example/"],
)  # fmt: skip
async def test_addresses_that_are_put_right(platform: Platform, path: str) -> None:
    """A slash at the end is taken away by a redirect: what is before it must not become a host."""
    answer = await ask(
        platform.gateway, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    found = re.search(rb"\r\nLocation: ([^\r]*)\r\n", answer, re.IGNORECASE)
    assert found is None or not leads_away(found[1].decode()), found


async def test_redirects_name_no_host(platform: Platform) -> None:
    """So that nothing a client says of the host can lead elsewhere."""
    sent = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    work = "/api/v1/policies/ca-port-lumen/by-law/2016-04"
    for path in ("/account", "/ca-port-lumen/by-law/2016-04", f"{work}/en", f"{work}/fr?as_of=2017-01-01", "/browse/"):
        async with platform.session.get(
            URL(platform.gateway + path, encoded=True), headers=sent, allow_redirects=False
        ) as response:
            if response.status < 300:
                continue
            assert response.status in (302, 303, 307, 308), path
            assert response.headers["Location"].startswith("/"), response.headers["Location"]
            assert "evil" not in response.headers["Location"]
