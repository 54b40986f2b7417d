"""What people named is no formula in a table that an administrator opens."""

from __future__ import annotations

import csv
import io
import re
import secrets
from html import unescape

import aiohttp
import pytest

from tests.security.security_stack import Platform
from tests.web.web_stack import PASSWORD


@pytest.mark.parametrize("start", ["=", "+", "-"])
async def test_an_address_stays_an_address(platform: Platform, start: str) -> None:
    email = f"{start}1-{secrets.token_hex(8)}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": "Somebody"}
    status, answer, _ = await platform.call("POST", "/api/v1/auth/register", body)
    assert status == 202, answer
    admin = await platform.person("admin")
    async with aiohttp.ClientSession(platform.gateway, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get("/login") as response:
            token = re.search(r'name="form_token" value="([^"]*)"', await response.text())
            assert token
        fields = {"form_token": unescape(token[1]), "email": admin.email, "password": PASSWORD}
        async with browser.post("/login", data=fields, allow_redirects=False) as response:
            assert response.status == 303
        async with browser.get("/admin/audit.csv?action=account") as response:
            assert response.status == 200
            text = await response.text()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if cell == f"'{email}"]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
