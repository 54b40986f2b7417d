"""What people type never becomes a header of a letter."""

from __future__ import annotations

import secrets

import psycopg
import pytest

from tests.security.security_stack import Platform
from tests.web.web_stack import PASSWORD

BREAKS = ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x00"]


@pytest.mark.parametrize("breaking", BREAKS)
@pytest.mark.parametrize("path", ["/api/v1/auth/register", "/api/v1/auth/password-reset/request"])
async def test_an_address_with_a_line_break_gets_no_letter(platform: Platform, path: str, breaking: str) -> None:
    victim = f"{secrets.token_hex(8)}@example.org"
    body = {"email": f"a@example.org{breaking}Bcc: {victim}"}
    if path.endswith("register"):
        body |= {"password": PASSWORD, "display_name": "Somebody"}
    status, answer, _ = await platform.call("POST", path, body)
    assert 400 <= status < 500 or (status == 202 and not path.endswith("register")), answer
    with psycopg.connect(platform.database.owner_url) as connection:
        query = "SELECT recipient FROM auth.mail WHERE strpos(recipient, %s) > 0"
        told = connection.execute(query, (victim,)).fetchall()
    assert told == []


async def test_no_letter_holds_a_break_in_its_address_or_subject(platform: Platform) -> None:
    email = f"{secrets.token_hex(8)}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": "Ada\r\nBcc: everybody@example.org"}
    status, answer, _ = await platform.call("POST", "/api/v1/auth/register", body)
    assert status in (202, 422), answer
    await platform.person("reader", fresh=True)  # there is a letter at least
    with psycopg.connect(platform.database.owner_url) as connection:
        letters = connection.execute("SELECT recipient, subject FROM auth.mail").fetchall()
    assert letters
    assert not [one for one in letters if any(character in "".join(one) for character in "\r\n\x0b\x0c\u2028\u2029")]
