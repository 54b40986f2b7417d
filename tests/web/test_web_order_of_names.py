"""Lists of names stand in the order of the language that the page speaks."""

import re

import pytest

from services.web.texts import texts_of
from tests.web.web_stack import Browser


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("path", ["/", "/browse"])
async def test_kinds_and_jurisdictions_stand_in_order_of_their_names(browser: Browser, path: str, lang: str) -> None:
    page = await browser.get(f"{path}?ui={lang}")
    texts = texts_of(lang)
    kinds = [texts.kind(code, many=True) for code in re.findall(r"[?&;]kind=([a-z-]+)(?:&[^\"]*)?\"", page.text)]
    listed = list(dict.fromkeys(kinds))
    assert len(listed) > 2
    assert listed == texts.in_order(listed, str)
