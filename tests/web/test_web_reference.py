"""The API reference is what the services say of themselves, and its examples work."""

import re

from tests.web.web_stack import Browser


async def test_every_operation_of_both_services_is_there(browser: Browser) -> None:
    page = await browser.get("/docs/api")
    assert page.status == 200
    named = set(re.findall(r'<details class="operation" id="([^"]+)"', page.text))
    assert {"search", "readDiff", "createDraft", "login"} <= named
    assert page.text.count("<details") > 70


async def test_what_can_be_tried_has_every_value_it_needs(browser: Browser) -> None:
    page = await browser.get("/docs/api")
    tried = [href for href in page.hrefs() if href.startswith("/api/v1/") and not href.endswith("openapi.json")]
    assert len(tried) > 8
    assert not [href for href in tried if "{" in href]


async def test_preferences_are_offered_to_everybody(browser: Browser) -> None:
    page = await browser.get("/preferences")
    assert page.headers["Cache-Control"].startswith("public")
    assert page.text.count("data-preference") == 12
