"""The document page: contents, anchors, languages, versions, and what caches may keep."""

import re
from datetime import UTC, date, datetime

import pytest

from tests.web.web_stack import NOISE, PASSWORD, Browser

NOW = f"{NOISE}/en@2024-07-01"


async def test_contents_lead_to_sections_of_the_page(browser: Browser) -> None:
    page = await browser.get(NOW)
    assert page.status == 200
    contents = page.text.partition('class="contents-list"')[2].partition("</nav>")[0]
    anchors = re.findall(r'href="#([^"]+)"', contents)
    assert len(anchors) > 15
    assert set(anchors) <= page.ids()
    assert len(page.ids()) == len(re.findall(r'\sid="', page.text)), "an id stands twice"


async def test_the_law_itself_is_there_as_markup(browser: Browser) -> None:
    page = await browser.get(NOW)
    assert "<h1>Noise By-law</h1>" in page.text
    assert "No person shall make, or allow to be made" in page.text
    assert "&lt;section" not in page.text


async def test_every_version_says_how_it_stands(browser: Browser) -> None:
    now, old = await browser.get(NOW), await browser.get(f"{NOISE}/en@2016-05-01")
    assert "In force 1 July 2024 – today" in now.text
    assert "3 versions held" in now.text
    assert 'class="banner"' not in now.text
    assert "Stood 1 May 2016 – 31 March 2021" in old.text
    assert "This is an old text" in old.text
    assert f"{NOISE}/en" in old.hrefs()


async def test_a_repealed_section_is_marked_in_words(browser: Browser) -> None:
    page = await browser.get(NOW)
    assert re.search(r'<span class="boxed">Repealed</span></p>\s*<section id="[^"]*sec_7"', page.text)


async def test_a_text_that_takes_effect_later_says_so(browser: Browser) -> None:
    page = await browser.get("/ca-port-lumen/by-law/2026-18/en@2027-01-01")
    assert page.status == 200
    if datetime.now(UTC).date() < date(2027, 1, 1):
        assert "This text is not in force yet" in page.text
        assert "Takes effect 1 January 2027" in page.text
    else:
        assert "In force 1 January 2027 – today" in page.text


async def test_languages_and_neighbours_are_links(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en@2021-04-01")
    hrefs = page.hrefs()
    assert f"{NOISE}/fr@2021-04-01" in hrefs
    assert f"{NOISE}/en@2016-05-01" in hrefs
    assert f"{NOISE}/en@2024-07-01" in hrefs
    for href in (f"{NOISE}/fr@2021-04-01", f"{NOISE}/en@2016-05-01"):
        assert (await browser.get(href)).status == 200


async def test_a_date_between_versions_leads_to_the_version_of_that_day(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en@2022-02-02")
    assert (page.status, page.headers["Location"]) == (302, f"{NOISE}/en@2021-04-01")


async def test_without_a_date_the_current_text_is_found(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/fr")
    assert (page.status, page.headers["Location"]) == (302, f"{NOISE}/fr@2024-07-01")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{NOISE}/en@2010-01-01", 404),  # before the first version
        (f"{NOISE}/de", 404),
        (f"{NOISE}/en@2024-02-31", 400),
        ("/ca-port-lumen/by-law/1999-01", 404),
        ("/ca-port-lumen/by-law/1999-01/en@2020-01-01", 404),
        ("/nowhere", 404),
    ],
)
async def test_what_is_not_there_is_a_problem_page(browser: Browser, path: str, status: int) -> None:
    page = await browser.get(path)
    assert page.status == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<main" in page.text
    assert page.headers["X-Request-ID"] in page.text


async def test_a_program_gets_the_problem_as_json(browser: Browser) -> None:
    page = await browser.get("/nowhere", Accept="application/json")
    assert (page.status, page.headers["Content-Type"].partition(";")[0]) == (404, "application/problem+json")


async def test_other_formats_are_the_apis(browser: Browser) -> None:
    page = await browser.get(NOW)
    for suffix in ("xml", "json", "md", "txt"):
        assert f"/api/v1/policies{NOW}.{suffix}" in page.hrefs()
        moved = await browser.get(f"{NOW}.{suffix}")
        assert (moved.status, moved.headers["Location"]) == (302, f"/api/v1/policies{NOW}.{suffix}")


async def test_a_document_page_is_the_same_for_everyone(browser: Browser, email: str) -> None:
    anonymous = await browser.get(NOW)
    await browser.register(email, PASSWORD)
    await browser.sign_in(email)
    assert "session" in browser.cookies
    signed_in = await browser.get(NOW)
    assert signed_in.text == anonymous.text
    assert signed_in.headers["Vary"] == "Accept-Encoding"
    assert signed_in.headers["Cache-Control"].startswith("public")
    assert not signed_in.set_cookie


async def test_an_unchanged_page_is_not_sent_again(browser: Browser) -> None:
    first = await browser.get(NOW)
    again = await browser.get(NOW, If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")


async def test_pages_are_compressed(browser: Browser) -> None:
    page = await browser.get(NOW, Accept_Encoding="gzip")
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Noise By-law" in page.text
