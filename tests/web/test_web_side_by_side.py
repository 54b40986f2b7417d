"""Two languages of one text beside each other."""

import re

import pytest

from tests.web.web_stack import NOISE, Browser


async def test_both_texts_stand_row_by_row(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en+fr@2024-07-01")
    assert page.status == 200
    rows = re.findall(r'<div class="pair">(.*?)\n    </div>', page.text, re.DOTALL)
    assert len(rows) > 10
    assert all(len(re.findall(r'<div class="text" lang="(?:en|fr)">', row)) == 2 for row in rows)
    assert "Noise By-law" in page.text
    assert "Règlement" in page.text


async def test_no_id_stands_twice_and_sections_keep_theirs(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en+fr@2024-07-01")
    found = re.findall(r'\sid="([^"]+)"', page.text)
    assert len(found) == len(set(found))
    alone = await browser.get(f"{NOISE}/en@2024-07-01")
    sections = {one for one in alone.ids() if re.search(r"(^|__)sec_\d+$", one)}
    assert sections
    assert sections <= set(found)


async def test_a_day_between_versions_leads_to_the_texts_of_that_day(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/fr+en@2022-02-02")
    assert (page.status, page.headers["Location"]) == (302, f"{NOISE}/fr+en@2021-04-01")


@pytest.mark.parametrize(
    ("path", "status"), [("en+en@2024-07-01", 400), ("en+de@2024-07-01", 404), ("en+fr@2024-02-31", 400)]
)
async def test_what_cannot_stand_together_is_said(browser: Browser, path: str, status: int) -> None:
    assert (await browser.get(f"{NOISE}/{path}")).status == status
