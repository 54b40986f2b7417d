"""The results page: from words to the very section."""

import re
from html import unescape

from tests.web.web_stack import Browser


def _hits(text: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'<h3><a href="([^"]+)"', text)]


async def test_results_land_on_sections_that_exist(browser: Browser) -> None:
    page = await browser.get("/search?q=quiet+hours&lang=en")
    assert page.status == 200
    hits = _hits(page.text)
    assert any("#" in hit for hit in hits)
    for hit in hits:
        path, _, anchor = hit.partition("#")
        target = await browser.get(path)
        assert target.status == 200, hit
        if anchor:
            assert anchor in target.ids(), hit


async def test_the_words_are_marked(browser: Browser) -> None:
    page = await browser.get("/search?q=harbour&lang=en")
    assert re.search(r"<mark>harbour</mark>", page.text, re.IGNORECASE)


async def test_the_language_of_the_texts_is_chosen(browser: Browser) -> None:
    french = await browser.get("/search?q=bruit&lang=fr")
    assert _hits(french.text)
    assert all("/fr@" in hit for hit in _hits(french.text))
    both = await browser.get("/search?q=port&lang=any")
    assert {"/en@", "/fr@"} <= {hit[hit.index("/fr@" if "/fr@" in hit else "/en@") :][:4] for hit in _hits(both.text)}


async def test_nothing_found_helps_onward(browser: Browser) -> None:
    page = await browser.get("/search?q=zzzqqqxxx+vvvwww&lang=en&kind=by-law")
    assert page.status == 200
    assert "Nothing was found" in page.text
    assert "/browse" in page.hrefs()
    assert "/search?q=zzzqqqxxx+vvvwww&lang=en" in page.hrefs()


async def test_without_words_the_page_asks_for_some(browser: Browser) -> None:
    page = await browser.get("/search?q=+++")
    assert page.status == 200
    assert 'type="search"' in page.text


async def test_the_pages_of_results_are_linked(browser: Browser) -> None:
    first = await browser.get("/search?q=by-law&lang=en")
    following = [href for href in first.hrefs() if "cursor=" in href]
    assert following
    second = await browser.get(following[0])
    assert second.status == 200
    assert _hits(second.text)
    assert not set(_hits(second.text)) & set(_hits(first.text))


async def test_a_query_is_shown_as_text(browser: Browser) -> None:
    page = await browser.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%3E")
    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


async def test_bad_parameters_are_a_problem_page(browser: Browser) -> None:
    for query in ("q=a&kind=%27;drop", "q=a%00b", "q=a&cursor=forged", "q=a&lang=english!"):
        page = await browser.get(f"/search?{query}")
        assert page.status == 400, query
        assert "<main" in page.text


async def test_foreign_parameters_are_left_alone(browser: Browser) -> None:
    assert (await browser.get("/search?q=noise&utm_source=mail")).status == 200


async def test_browsing_by_jurisdiction_and_kind(browser: Browser) -> None:
    home = await browser.get("/")
    assert "/browse?jurisdiction=ca-port-lumen" in home.hrefs()
    assert "/browse?kind=by-law" in home.hrefs()
    listed = await browser.get("/browse?jurisdiction=ca-port-lumen&kind=by-law&lang=en")
    assert "Noise By-law" in listed.text
    assert "No policy fits" in (await browser.get("/browse?kind=act")).text


async def test_results_are_counted_and_can_be_narrowed(browser: Browser) -> None:
    page = await browser.get("/search?q=port&lang=en")
    side = page.text.partition('<aside class="side"')[2]
    counts = [
        int(count) for count in re.findall(r'href="/search\?[^"]*kind=[^"]*">[^<]*<span class="count">(\d+)<', side)
    ]
    assert len(counts) > 1
    narrowed = next(href for href in page.hrefs() if "kind=by-law" in href)
    found = await browser.get(narrowed)
    assert found.status == 200
    assert 'aria-current="true">By-laws' in found.text
    assert f"{counts_of(found.text)} results" in found.text


def counts_of(text: str) -> int:
    """The count beside the chosen kind."""
    match = re.search(r'aria-current="true">By-laws <span class="count">(\d+)<', text)
    assert match
    return int(match[1])


async def test_years_are_bars_and_a_list_of_links(browser: Browser) -> None:
    page = await browser.get("/search?q=port&lang=en")
    bars = re.findall(r"<rect [^>]*><title>(\d{4}): (\d+)</title>", page.text)
    listed = re.findall(r"year=(\d{4})\">\d{4} <span class=\"count\">(\d+)<", page.text)
    assert len(bars) > 1
    assert sorted(bars) == sorted(listed)


async def test_a_day_and_an_order_are_part_of_the_address(browser: Browser) -> None:
    page = await browser.get("/search?q=noise&lang=en&as_of=2018-01-01&sort=date")
    assert page.status == 200
    assert any("en@2016-05-01" in href for href in page.hrefs())
    assert not any("/2016-04/en@2024-07-01" in href for href in page.hrefs())
    assert 'value="2018-01-01"' in page.text
