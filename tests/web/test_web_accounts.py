"""Registering, signing in and out, and what a session may and may not survive."""

import hashlib

import pytest
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.auth.roles.first_admin import make_link
from shared.contracts.sessions import EPOCH_PREFIX, REVOKED_SID_PREFIX, SESSION_KEY_PREFIX, BrowserSession
from shared.db import open_database
from tests.web.web_stack import NOISE, NOWHERE, PASSWORD, Browser, running_auth, running_web


async def _signed_in(browser: Browser, email: str) -> str:
    await browser.register(email)
    page = await browser.sign_in(email)
    assert (page.status, page.headers["Location"]) == (303, "/account")
    return browser.cookies["session"]


async def test_register_sign_in_profile_sign_out(browser: Browser, email: str) -> None:
    assert (await browser.get("/account")).headers["Location"] == "/login?next=/account"
    await _signed_in(browser, email)
    account = await browser.get("/account")
    assert account.status == 200
    assert email in account.text
    assert "Reader" in account.text
    assert account.headers["Cache-Control"] == "no-store"
    assert "Ada Reader" in (await browser.get("/fragments/account")).text
    out = await browser.submit("/logout", {}, shown_at="/account")
    assert (out.status, out.headers["Location"]) == (303, "/login?signed-out")
    assert "session" not in browser.cookies
    assert (await browser.get("/account")).status == 303
    assert "/login" in (await browser.get("/fragments/account")).hrefs()


async def test_a_session_that_ended_cannot_be_used_again(browser: Browser, email: str) -> None:
    kept = await _signed_in(browser, email)
    await browser.submit("/logout", {}, shown_at="/account")
    browser.cookies["session"] = kept
    assert (await browser.get("/account")).status == 303


async def test_signing_in_again_gives_a_new_id_and_ends_the_old(browser: Browser, email: str) -> None:
    first = await _signed_in(browser, email)
    await browser.sign_in(email)
    second = browser.cookies["session"]
    assert second != first
    assert (await browser.get("/account")).status == 200
    browser.cookies["session"] = first
    assert (await browser.get("/account")).status == 303


async def test_an_id_that_an_attacker_planted_is_not_adopted(browser: Browser, email: str) -> None:
    await browser.register(email)
    planted = "A" * 43
    browser.cookies["session"] = planted
    await browser.sign_in(email)
    assert browser.cookies["session"] != planted
    browser.cookies["session"] = planted
    assert (await browser.get("/account")).status == 303


async def test_the_cookie_is_for_this_site_alone(browser: Browser, email: str) -> None:
    await browser.register(email)
    page = await browser.sign_in(email)
    line = next(line for line in page.set_cookie if line.startswith("session="))
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Path=/" in line
    assert "Domain" not in line


async def test_behind_https_the_cookie_is_locked_to_the_host(
    auth_url: str, policy_url: str, valkey_server: ValkeyServer, library_database: DatabaseUrls, email: str
) -> None:
    async with running_web(auth_url, policy_url, valkey_server.url(1), "https://policy.example") as (base, session):
        browser = Browser(base, session, mailbox=library_database)
        await browser.register(email)
        page = await browser.sign_in(email)
        line = next(line for line in page.set_cookie if line.startswith("__Host-session="))
        assert "Secure" in line
        assert (await browser.get("/account")).status == 200
        out = await browser.submit("/logout", {}, shown_at="/account")
        gone = next(line for line in out.set_cookie if line.startswith("__Host-session="))
        assert "Secure" in gone
        assert "Max-Age=0" in gone


async def test_a_wrong_password_is_refused_without_saying_more(browser: Browser, email: str) -> None:
    await browser.register(email)
    known = await browser.sign_in(email, "not-the-password-1")
    unknown = await browser.sign_in(f"x{email}", "not-the-password-1")
    assert (known.status, unknown.status) == (401, 401)
    assert "error-summary" in known.text
    assert known.text.replace(email, "").count("wrong") == unknown.text.replace(f"x{email}", "").count("wrong")
    assert "not-the-password-1" not in known.text
    assert "session" not in browser.cookies


async def test_a_weak_password_is_named_at_its_field(browser: Browser, email: str) -> None:
    page = await browser.register(email, "password1234")
    assert page.status == 422
    assert 'aria-invalid="true"' in page.text
    assert 'href="#f-password"' in page.text
    assert f'value="{email}"' in page.text
    assert "password1234" not in page.text


async def test_what_is_wrong_is_said_in_the_readers_language(browser: Browser) -> None:
    await browser.get("/docs?ui=fr")
    page = await browser.register("nobody", "short")
    assert page.status == 422
    assert "n’est pas une adresse courriel" in page.text
    assert "doit avoir au moins 12 caractères" in page.text
    assert "se devine facilement" in (await browser.register("a@example.org", "password1234")).text


async def test_registering_a_known_address_looks_the_same(browser: Browser, email: str) -> None:
    first, again = await browser.register(email), await browser.register(email, PASSWORD + "x")
    assert (first.status, first.headers["Location"]) == (again.status, again.headers["Location"])


@pytest.mark.parametrize(
    ("target", "location"),
    [("/docs", "/docs"), ("//evil.example", "/account"), ("https://evil.example", "/account")],
)
async def test_after_signing_in_one_stays_on_the_site(browser: Browser, email: str, target: str, location: str) -> None:
    await browser.register(email)
    page = await browser.submit("/login", {"email": email, "password": PASSWORD, "next": target})
    assert (page.status, page.headers["Location"]) == (303, location)


async def test_redis_away_auth_is_asked(browser: Browser, auth_url: str, policy_url: str, email: str) -> None:
    session_id = await _signed_in(browser, email)
    async with running_web(auth_url, policy_url, "redis://127.0.0.1:1/0") as (base, session):
        other = Browser(base, session, {"session": session_id})
        assert (await other.get("/account")).status == 200


async def test_auth_away_everyone_is_a_stranger_and_reads_on(policy_url: str) -> None:
    async with running_web(NOWHERE, policy_url, "redis://127.0.0.1:1/0") as (base, session):
        browser = Browser(base, session, {"session": "B" * 43})
        assert (await browser.get("/account")).status == 303
        assert (await browser.get(f"{NOISE}/en@2024-07-01")).status == 200
        assert (await browser.sign_in("a@example.org")).status == 503


async def test_signing_out_is_not_claimed_while_auth_is_away(
    browser: Browser, library_database: DatabaseUrls, policy_url: str, valkey_server: ValkeyServer, email: str
) -> None:
    async with (
        running_auth(library_database, valkey_server.url(1)) as auth,
        running_web(auth, policy_url, valkey_server.url(1)) as (base, session),
    ):
        here = Browser(base, session, mailbox=library_database)
        kept = await _signed_in(here, email)
        form = (await here.get("/account")).hidden("form_token")
    async with running_web(NOWHERE, policy_url, valkey_server.url(1)) as (base, session):
        away = Browser(base, session, dict(here.cookies))
        page = await away.post("/logout", {"form_token": form}, Sec_Fetch_Site="same-origin")
        assert page.status == 503
        assert away.cookies["session"] == kept


async def test_a_session_in_redis_that_cannot_be_read_is_asked_for(
    browser: Browser, valkey_server: ValkeyServer, email: str
) -> None:
    session_id = await _signed_in(browser, email)
    redis = Redis.from_url(valkey_server.url(1))
    key = SESSION_KEY_PREFIX + hashlib.sha256(session_id.encode()).hexdigest()
    await redis.set(key, b'{"sid": "from another release"}')
    await redis.aclose()
    assert (await browser.get("/account")).status == 200


@pytest.mark.parametrize("sign", ["revoked", "epoch"])
async def test_a_cached_session_is_not_believed_against_a_revocation(
    browser: Browser, valkey_server: ValkeyServer, email: str, sign: str
) -> None:
    session_id = await _signed_in(browser, email)
    redis = Redis.from_url(valkey_server.url(1))
    key = SESSION_KEY_PREFIX + hashlib.sha256(session_id.encode()).hexdigest()
    await browser.get("/account")
    cached = BrowserSession.model_validate_json(await redis.get(key) or b"")
    stale = cached.model_copy(update={"display_name": "Name In Cache"})
    await redis.set(key, stale.model_dump_json())
    assert "Name In Cache" in (await browser.get("/account")).text
    if sign == "revoked":
        await redis.set(REVOKED_SID_PREFIX + cached.sid, b"1", ex=60)
    else:
        await redis.set(EPOCH_PREFIX + cached.subject, cached.epoch + 1, ex=60)
    assert "Name In Cache" not in (await browser.get("/account")).text
    await redis.aclose()


async def test_the_first_administrators_link_works_once(
    browser: Browser, library_database: DatabaseUrls, email: str
) -> None:
    async with open_database(library_database.auth_url, service="auth") as database:
        link = await make_link(database, "http://localhost:8080")
    path = link.removeprefix("http://localhost:8080")
    assert path.startswith("/first-admin?token=")
    shown = await browser.get(path)
    fields = {"token": shown.hidden("token") if 'name="token" value' in shown.text else path.partition("=")[2]}
    filled = fields | {"display_name": "First Admin", "email": email, "password": PASSWORD}
    made = await browser.submit("/first-admin", filled)
    assert (made.status, made.headers["Location"]) == (303, "/login?registered")
    again = await browser.submit("/first-admin", filled | {"email": f"x{email}"})
    assert again.status == 403
    await browser.sign_in(email)
    assert "Administrator" in (await browser.get("/account")).text
