"""The published title page is folded away: the head of our page says the same."""

import pytest

from services.web.reading import front_of
from tests.web.web_stack import NOISE, Browser


async def test_the_preface_is_folded_and_the_preamble_is_not(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en@2024-07-01")
    folded, _, rest = page.text.partition('<details class="title-page">')[2].partition("</details>")
    assert 'class="akn-preface"' in folded
    assert 'class="akn-preface"' not in rest
    assert "Title page" in folded


@pytest.mark.parametrize("path", ["/ca-port-lumen/by-law/2019-12/en@2023-01-01", f"{NOISE}/fr@2024-07-01"])
async def test_law_is_never_folded(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    assert "<section" not in page.text.partition('<details class="title-page">')[2].partition("</details>")[0].replace(
        '<section id="preface"', ""
    )


def test_a_text_that_is_nothing_else_is_not_folded() -> None:
    assert front_of([]) == 0
