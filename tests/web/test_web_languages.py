"""Which language a page speaks."""

import pytest

from services.web.language import accepted
from tests.web.web_stack import NOISE, Browser


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", ["fr", "fr", "en"]),
        ("en;q=0.1, fr;q=0.7", ["fr", "en"]),
        ("en;q=0, fr", ["fr"]),
        ("*, de;q=x, ;;, fr", ["fr"]),
        ("", []),
    ],
)
def test_accept_language_is_read_in_order_of_preference(header: str, codes: list[str]) -> None:
    assert accepted(header) == codes


async def test_the_browsers_language_decides_at_first(browser: Browser) -> None:
    assert '<html lang="en">' in (await browser.get("/")).text
    french = await browser.get("/", Accept_Language="fr-CA")
    assert '<html lang="fr">' in french.text
    assert "Trouver la règle" in french.text
    assert "Accept-Language" in french.headers["Vary"]


async def test_a_choice_is_remembered(browser: Browser) -> None:
    chosen = await browser.get("/docs?ui=fr")
    assert '<html lang="fr">' in chosen.text
    assert "private" in chosen.headers["Cache-Control"]
    assert '<html lang="fr">' in (await browser.get("/", Accept_Language="en")).text


async def test_a_document_page_speaks_its_documents_language(browser: Browser) -> None:
    browser.cookies["ui"] = "en"
    page = await browser.get(f"{NOISE}/fr@2024-07-01", Accept_Language="en")
    assert '<html lang="fr">' in page.text
    assert "Table des matières" in page.text
    other = await browser.get(f"{NOISE}/fr@2024-07-01?ui=en")
    assert '<html lang="en">' in other.text
    assert '<article class="text" lang="fr"' in other.text


async def test_a_work_opens_in_the_language_that_the_reader_prefers(browser: Browser) -> None:
    english, french = await browser.get(NOISE), await browser.get(NOISE, Accept_Language="fr")
    assert (english.status, english.headers["Location"]) == (302, f"{NOISE}/en@2024-07-01")
    assert (french.status, french.headers["Location"]) == (302, f"{NOISE}/fr@2024-07-01")
    assert "Accept-Language" in french.headers["Vary"]
