"""Citations of a text and of its sections, ready to be copied."""

from urllib.parse import parse_qs, urlsplit

from tests.web.web_stack import NOISE, Browser

CITE = f"{NOISE}/en@2021-04-01/cite"


async def test_a_text_is_cited_with_its_day_and_permanent_address(browser: Browser) -> None:
    page = await browser.get(CITE)
    assert page.status == 200
    assert f"Noise By-law, text of 1 April 2021, http://localhost:8080{NOISE}/en@2021-04-01 (read " in page.text
    assert f"[Noise By-law](http://localhost:8080{NOISE}/en@2021-04-01) (text of 1 April 2021)" in page.text


async def test_a_section_is_cited_by_its_number(browser: Browser) -> None:
    document = await browser.get(f"{NOISE}/fr@2021-04-01")
    links = [href for href in document.hrefs() if "/cite?section=" in href]
    assert len(links) > 8
    page = await browser.get(next(href for href in links if href.endswith("sec_5")))
    assert page.status == 200
    assert ", art. 5, texte du 1er avril 2021, " in page.text


async def test_the_hash_of_a_citation_is_verified_by_the_api(browser: Browser) -> None:
    page = await browser.get(f"{CITE}?section=sec_5")
    query = parse_qs(urlsplit(next(href for href in page.hrefs() if "/api/v1/verify" in href)).query)
    assert query["address"] == [f"/api/v1/policies{NOISE}/en@2021-04-01/~sec_5"]
    assert len(query["sha256"][0]) == 64
    assert f"sha256:{query['sha256'][0]}" in page.text


async def test_what_is_not_there_cannot_be_cited(browser: Browser) -> None:
    assert (await browser.get(f"{CITE}?section=sec_999")).status == 404
    assert (await browser.get(f"{NOISE}/en@2021-02-30/cite")).status == 400


async def test_a_day_is_chosen_without_script(browser: Browser) -> None:
    document = await browser.get(f"{NOISE}/en@2021-04-01")
    assert document.text.count("<option") == 3
    page = await browser.get(f"{NOISE}/en?on=2016-05-01")
    assert (page.status, page.headers["Location"]) == (302, f"{NOISE}/en@2016-05-01")
