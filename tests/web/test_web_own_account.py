"""Password, address, name, copy and end of one's account, and the pages that letters lead to; without script."""

from __future__ import annotations

import json

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from tests.mailbox import letters, mailed_token
from tests.web.web_stack import PASSWORD, Browser, running_auth, running_web

NEW = "quiet-Lantern-58-meadow"


async def _signed_in(browser: Browser, email: str) -> None:
    await browser.register(email)
    assert (await browser.sign_in(email)).headers["Location"] == "/account"


async def test_a_registration_is_confirmed_with_a_button(
    site: Browser, browser: Browser, library_database: DatabaseUrls, email: str
) -> None:
    browser.mailbox = None  # nobody looks into the mail yet
    await browser.get("/docs?ui=fr")
    sent = await browser.register(email)
    assert (sent.status, sent.headers["Location"]) == (303, "/register/sent")
    assert "Consultez vos courriels" in (await browser.get("/register/sent")).text
    assert (await browser.sign_in(email)).status == 401
    [letter] = await letters(library_database, email)
    assert (letter["lang"], letter["subject"]) == ("fr", "Confirmez votre adresse")
    token = await mailed_token(library_database, email)
    for _ in range(3):  # as programs do that look at mail
        scanner = Browser(site.base, site.session)
        assert (await scanner.get(f"/verify?token={token}")).status == 200
        assert (await scanner.head(f"/verify?token={token}")).status == 200
    assert (await browser.sign_in(email)).status == 401
    done = await browser.submit("/verify", {"token": token}, shown_at=f"/verify?token={token}")
    assert (done.status, done.headers["Location"]) == (303, "/verify?done")
    again = await browser.submit("/verify", {"token": token}, shown_at=f"/verify?token={token}")
    assert again.status == 403
    assert "Ce lien ne peut pas servir" in again.text
    assert (await browser.sign_in(email)).status == 303


async def test_a_forgotten_password(browser: Browser, library_database: DatabaseUrls, email: str) -> None:
    await browser.register(email)
    answers = [await browser.submit("/forgotten", {"email": one}) for one in (email, f"x{email}")]
    assert {(page.status, page.headers["Location"]) for page in answers} == {(303, "/forgotten?sent")}
    token = await mailed_token(library_database, email, "reset")
    weak = await browser.submit("/reset", {"token": token, "password": "passwordpassword"},
                                shown_at=f"/reset?token={token}")  # fmt: skip
    assert (weak.status, weak.hidden("token")) == (422, token)
    done = await browser.submit("/reset", {"token": token, "password": NEW}, shown_at=f"/reset?token={token}")
    assert (done.status, done.headers["Location"]) == (303, "/reset?done")
    again = await browser.submit("/reset", {"token": token, "password": NEW}, shown_at=f"/reset?token={token}")
    assert (again.status, "cannot be used" in again.text) == (403, True)
    assert (await browser.sign_in(email)).status == 401
    assert (await browser.sign_in(email, NEW)).status == 303
    assert (await browser.submit("/forgotten", {"email": "nobody"})).status == 422


async def test_a_password_is_changed_and_this_browser_stays(site: Browser, browser: Browser, email: str) -> None:
    await _signed_in(browser, email)
    other = Browser(site.base, site.session)
    await other.sign_in(email)
    path = "/account/password"
    wrong = await browser.submit(path, {"old_password": "wrong", "new_password": NEW})
    assert (wrong.status, 'href="#f-old_password"' in wrong.text) == (422, True)
    assert NEW not in wrong.text
    weak = await browser.submit(path, {"old_password": PASSWORD, "new_password": "short"})
    assert (weak.status, 'href="#f-new_password"' in weak.text) == (422, True)
    done = await browser.submit(path, {"old_password": PASSWORD, "new_password": NEW})
    assert (done.status, done.headers["Location"]) == (303, f"{path}?done")
    assert (await browser.get("/account")).status == 200
    assert (await other.get("/account")).status == 303


async def test_an_address_is_changed_and_moved_back(
    browser: Browser, library_database: DatabaseUrls, email: str
) -> None:
    await _signed_in(browser, email)
    new = f"new-{email}"
    assert (await browser.submit("/account/email", {"email": email})).status == 422
    sent = await browser.submit("/account/email", {"email": new})
    assert (sent.status, sent.headers["Location"]) == (303, "/account/email?sent")
    token = await mailed_token(library_database, new, "change-email")
    await browser.submit("/verify/email", {"token": token}, shown_at=f"/verify/email?token={token}")
    assert new in (await browser.get("/account/email")).text
    undo = await mailed_token(library_database, email, "email-changed")
    done = await browser.submit("/verify/undo", {"token": undo}, shown_at=f"/verify/undo?token={undo}")
    assert (done.status, done.headers["Location"]) == (303, "/verify/undo?done")
    assert (await browser.get("/account")).status == 303
    assert await mailed_token(library_database, email, "reset")


async def test_name_copy_and_end(browser: Browser, email: str) -> None:
    await _signed_in(browser, email)
    renamed = await browser.submit("/account/data", {"display_name": "Grace Hopper", "lang": "fr"})
    assert (renamed.status, renamed.headers["Location"]) == (303, "/account/data?saved")
    assert "Grace Hopper" in (await browser.get("/fragments/account")).text
    assert (await browser.submit("/account/data", {"display_name": " ", "lang": "fr"})).status == 422
    copy = await browser.get("/account/data/my-data.json")
    assert copy.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(copy.text)["account"]["email"] == email
    wrong = await browser.submit("/account/data/deletion", {"email": f"x{email}"}, shown_at="/account/data")
    assert wrong.status == 422
    gone = await browser.submit("/account/data/deletion", {"email": email}, shown_at="/account/data")
    assert (gone.status, gone.headers["Location"]) == (303, "/goodbye")
    assert "session" not in browser.cookies
    assert "is deleted" in (await browser.get("/goodbye")).text
    assert (await browser.sign_in(email)).status == 401


async def test_a_browser_that_is_known_is_not_kept_out_by_others(site: Browser, browser: Browser, email: str) -> None:
    await _signed_in(browser, email)
    await browser.submit("/logout", {}, shown_at="/account")
    attacker = Browser(site.base, site.session)
    statuses = [(await attacker.sign_in(email, "not-the-password-1")).status for _ in range(13)]
    assert statuses[:11] == [401] * 11
    assert statuses[-1] == 429
    assert (await attacker.sign_in(email)).status == 429
    assert (await browser.sign_in(email)).status == 303


async def test_strangers_are_sent_to_sign_in(browser: Browser) -> None:
    for path in ("/account/password", "/account/email", "/account/data", "/account/data/my-data.json"):
        assert (await browser.get(path)).headers["Location"] == f"/login?next={path}"
    assert (await browser.get("/outbox")).status == 404


async def test_letters_are_shown_where_no_mail_server_is_set_up(
    library_database: DatabaseUrls, policy_url: str, valkey_server: ValkeyServer, email: str
) -> None:
    redis_url = valkey_server.url(1)
    async with (
        running_auth(library_database, redis_url, development_outbox=True) as auth,
        running_web(auth, policy_url, redis_url, development_outbox=True) as (base, session),
    ):
        browser = Browser(base, session)
        await browser.register(email)
        assert "/outbox" in (await browser.get("/register/sent")).hrefs()
        shown = await browser.get("/outbox")
        assert (shown.status, email in shown.text) == (200, True)
        link = next(href for href in shown.hrefs() if href.startswith("/verify?token="))
        assert "Confirm the address" in (await browser.get(link)).text
