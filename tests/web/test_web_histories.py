"""The timeline of a document and the wordings of one section."""

import re

from services.web.charts import HEIGHT, bars
from tests.web.web_stack import NOISE, Browser


async def test_every_version_is_listed_with_its_permanent_address(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/history?lang=en")
    assert page.status == 200
    hrefs = page.hrefs()
    days = ["2024-07-01", "2021-04-01", "2016-05-01"]
    places = [hrefs.index(f"{NOISE}/en@{day}") for day in days]
    assert places == sorted(places)
    assert f"{NOISE}/compare?from=2021-04-01&to=2024-07-01&lang=en" in hrefs
    assert "First text held here" in page.text


async def test_the_chart_says_its_figures_in_a_table(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/history?lang=en")
    drawn = re.findall(r"<rect [^>]*><title>(\d+): (\d+)</title>", page.text)
    table = dict(re.findall(r'<th scope="row">(\d+)</th><td>(\d+)</td>', page.text))
    assert drawn
    assert {year: table[year] for year, _ in drawn} == dict(drawn)
    assert set(table) == {str(year) for year in range(2021, 2025)}


async def test_a_section_shows_its_wordings_newest_first(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/sections/sec_5/history?lang=en")
    assert page.status == 200
    days = re.findall(r'<h2><a href="[^"]+"><time datetime="([^"]+)"', page.text)
    assert days == sorted(days, reverse=True)
    assert days[-1] == "2016-05-01"
    assert f"{NOISE}/sections/sec_5/history?lang=fr" in page.hrefs()


async def test_the_document_leads_to_histories_that_exist(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en@2024-07-01")
    found = [href for href in page.hrefs() if "/sections/" in href]
    assert len(found) > 8
    assert [(await browser.get(href)).status for href in found[:3]] == [200, 200, 200]


async def test_a_section_that_never_was_is_not_found(browser: Browser) -> None:
    assert (await browser.get(f"{NOISE}/sections/sec_999/history")).status == 404


def test_bars_are_as_high_as_their_values() -> None:
    drawn = bars({"2020": 1, "2021": 0, "2022": 640})
    assert [bar.height for bar in drawn] == [2, 0, HEIGHT]
    assert [bar.y + bar.height for bar in drawn] == [HEIGHT] * 3
    assert bars({}) == []
