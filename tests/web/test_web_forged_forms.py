"""Forms that another site makes a browser send."""

import pytest

from tests.web.web_stack import PASSWORD, Browser


async def _login_fields(browser: Browser) -> dict[str, str]:
    token = (await browser.get("/login")).hidden("form_token")
    return {"form_token": token, "email": "a@example.org", "password": PASSWORD}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost:8080"},
    ],
)
async def test_a_form_from_another_site_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    page = await browser.post("/login", await _login_fields(browser), **headers)
    assert page.status == 403
    assert "another site" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "http://127.0.0.1:9", "X_Forwarded_Host": "127.0.0.1:9", "X_Forwarded_Proto": "http"},
        {},
    ],
)
async def test_our_own_form_is_taken(browser: Browser, headers: dict[str, str]) -> None:
    page = await browser.post("/login", await _login_fields(browser), **headers)
    assert page.status == 401, "the account does not exist; the form was read"


async def test_without_the_browsers_cookie_the_token_is_worth_nothing(browser: Browser) -> None:
    fields = await _login_fields(browser)
    browser.cookies.clear()
    assert (await browser.post("/login", fields)).status == 403


async def test_the_token_of_another_browser_is_refused(browser: Browser, site: Browser) -> None:
    fields = await _login_fields(Browser(site.base, site.session))
    await browser.get("/login")
    assert (await browser.post("/login", fields)).status == 403


async def test_the_token_of_another_form_is_refused(browser: Browser) -> None:
    fields = await _login_fields(browser)
    fields["form_token"] = (await browser.get("/register")).hidden("form_token")
    assert (await browser.post("/login", fields)).status == 403


async def test_an_aged_token_is_refused(browser: Browser) -> None:
    fields = await _login_fields(browser)
    issued, _, signature = fields["form_token"].partition(".")
    fields["form_token"] = f"{int(issued, 16) - 3 * 3600:x}.{signature}"
    assert (await browser.post("/login", fields)).status == 403


@pytest.mark.parametrize("token", ["", ".", "0.é", "zz.00", "1." + "0" * 64, "1" * 5000])
async def test_a_made_up_token_is_refused(browser: Browser, token: str) -> None:
    fields = await _login_fields(browser) | {"form_token": token}
    assert (await browser.post("/login", fields)).status == 403


async def test_a_field_that_the_form_lacks_is_refused(browser: Browser) -> None:
    page = await browser.post("/login", await _login_fields(browser) | {"role": "admin"})
    assert page.status == 422


async def test_other_content_types_and_sizes_are_refused(browser: Browser) -> None:
    fields = await _login_fields(browser)
    assert (await browser.post("/login", fields, Content_Type="text/plain")).status == 415
    assert (await browser.post("/login", fields | {"email": "a" * 70_000})).status == 413


async def test_a_get_changes_nothing(browser: Browser) -> None:
    assert (await browser.get("/logout")).status == 405


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"email=%FF&password=a", 400),
        ("application/x-www-form-urlencoded", b"email=%ED%A0%80&password=a", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=" % number for number in range(60)), 400),
        ("application/x-www-form-urlencoded; charset=nonsense", b"email=a", 415),
        ("application/x-www-form-urlencoded; charset=utf-16", b"email=a", 415),
        ("application/x-www-form-urlencoded; charset=utf-8", b"&&&==", 403),
        ("application/x-www-form-urlencoded", b"&&&==", 403),
        ("application/x-www-form-urlencoded", b"", 403),
    ],
)
async def test_a_form_that_is_no_text_is_the_senders_mistake(
    browser: Browser, content_type: str, body: bytes, status: int
) -> None:
    page = await browser.post("/login", body, Content_Type=content_type)
    assert page.status == status
    assert "text/html" in page.headers["Content-Type"]
