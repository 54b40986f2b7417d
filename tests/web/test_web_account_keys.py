"""The page of one's API keys: made with boxes, shown once, revoked with a button, all without script."""

import re
import secrets
from dataclasses import replace

import pytest
from psycopg import connect

from infra.db.addresses import DatabaseUrls
from shared.api_keys import is_well_formed
from tests.web.web_stack import Browser, Page

KEYS = "/account/keys"


@pytest.fixture
async def reader(browser: Browser, email: str) -> Browser:
    """A browser of somebody who just signed in."""
    await browser.register(email)
    await browser.sign_in(email)
    return browser


def shown_key(page: Page) -> str:
    found = re.search(r'<code id="new-key">([^<]+)</code>', page.text)
    return found[1] if found else ""


async def make(browser: Browser, **fields: str) -> Page:
    sent = {"key_name": "Nightly export", "days": "30", "may-policies:read": "yes", **fields}
    return await browser.submit(KEYS, sent)


async def test_a_stranger_is_led_to_the_sign_in_page_and_back(browser: Browser) -> None:
    answer = await browser.get(KEYS)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/account/keys")


async def test_a_key_is_shown_once_and_revoked(reader: Browser) -> None:
    empty = await reader.get(KEYS)
    assert "You have no API keys." in empty.text
    assert "may-policies:read" in empty.text
    assert "drafts:write" not in empty.text, "what one may not do is not offered"
    made = await make(reader)
    key = shown_key(made)
    assert (made.status, made.headers["Cache-Control"], is_well_formed(key)) == (200, "no-store", True)
    later = await reader.get(KEYS)
    assert key not in later.text
    assert key[:8] in later.text
    assert "Nightly export" in later.text
    number = re.search(r'name="id" value="([^"]+)"', later.text)
    assert number
    gone = await reader.submit(f"{KEYS}/revoke", {"id": number[1]}, shown_at=KEYS)
    assert (gone.status, gone.headers["Location"]) == (303, KEYS)
    assert "You have no API keys." in (await reader.get(KEYS)).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key_name": ""}, "must not be empty"),
        ({"key_name": "x" * 81}, "may have at most 80 characters"),
        ({"days": "400"}, "may be 366 days at most"),
        ({"days": "soon"}, "error-summary"),
        ({"may-drafts:write": "yes"}, "is more than you may do yourself"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_filled_in_stays(
    reader: Browser, fields: dict[str, str], said: str
) -> None:
    answer = await make(reader, **fields)
    assert answer.status == 422
    assert said in answer.text
    assert not shown_key(answer)
    assert f'value="{fields.get("key_name", "Nightly export")}"' in answer.text


async def test_at_least_one_permission_is_to_be_chosen(reader: Browser) -> None:
    answer = await reader.submit(KEYS, {"key_name": "Nothing", "days": "30"})
    assert answer.status == 422
    assert "choose at least one" in answer.text
    french = await reader.submit(f"{KEYS}?ui=fr", {"key_name": "Rien", "days": "30"})
    assert "choisissez au moins une permission" in french.text


async def test_fields_that_the_page_does_not_have_are_refused(reader: Browser) -> None:
    assert (await make(reader, plan="partner")).status == 400
    assert (await make(reader, **{"may-everything": "yes"})).status == 400


async def test_somebody_elses_key_cannot_be_revoked(reader: Browser) -> None:
    await make(reader)
    page = await reader.get(KEYS)
    number = re.search(r'name="id" value="([^"]+)"', page.text)
    assert number
    other = replace(reader, cookies={})
    address = f"{secrets.token_hex(6)}@example.org"
    await other.register(address)
    await other.sign_in(address)
    refused = await other.submit(f"{KEYS}/revoke", {"id": number[1]}, shown_at=KEYS)
    assert refused.status == 404
    assert "Nightly export" in (await reader.get(KEYS)).text


async def test_a_sign_in_of_long_ago_makes_no_key(reader: Browser, email: str, library_database: DatabaseUrls) -> None:
    with connect(library_database.owner_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE auth.session s SET authenticated_at = now() - interval '11 minutes' FROM auth.account a"
            " WHERE a.id = s.account_id AND a.email = %s",
            (email,),
        )
    answer = await make(reader)
    assert answer.status in (303, 403), "to be recognised anew, or told so"
    assert not shown_key(answer)
    assert "You have no API keys." in (await reader.get(KEYS)).text
