"""The redline of a document: its days, its two views, and the list of what changed."""

import re
from urllib.parse import urlencode

import pytest

from services.web.change_answers import Run
from services.web.redlines import FOLD_OVER, pieces_of
from tests.web.web_stack import NOISE, Browser


def _compare(old: str, new: str, **more: str) -> str:
    return f"{NOISE}/compare?" + urlencode({"from": old, "to": new, "lang": "en", **more})


async def test_without_days_the_last_change_is_shown(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/compare", Accept_Language="fr")
    assert page.status == 302
    assert page.headers["Location"] == f"{NOISE}/compare?from=2021-04-01&to=2024-07-01&lang=fr"


async def test_a_day_between_versions_stands_for_the_text_of_that_day(browser: Browser) -> None:
    page = await browser.get(_compare("2018-01-01", "2022-01-01"))
    assert (page.status, page.headers["Location"]) == (302, _compare("2016-05-01", "2021-04-01"))


async def test_changed_sections_come_first_and_lead_to_their_redlines(browser: Browser) -> None:
    page = await browser.get(_compare("2016-05-01", "2024-07-01"))
    assert page.status == 200
    listed = page.text.partition('class="changed-list"')[2].partition("</ol>")[0]
    anchors = re.findall(r'href="#([^"]+)"', listed)
    assert len(anchors) > 3
    assert set(anchors) <= page.ids()
    assert "<ins>" in page.text
    assert "<del>" in page.text
    assert f"{len(anchors)} passages changed" in page.text


async def test_two_columns_show_each_text_without_the_other(browser: Browser) -> None:
    page = await browser.get(_compare("2016-05-01", "2024-07-01", view="split"))
    columns = re.findall(r'<div class="split".*?<div>(.*?)</div>\s*<div>(.*?)</div>\s*</div>', page.text, re.DOTALL)
    assert len(columns) > 3
    assert not [old for old, _ in columns if "<ins>" in old]
    assert not [new for _, new in columns if "<del>" in new]


async def test_the_same_text_says_so(browser: Browser) -> None:
    page = await browser.get(_compare("2024-07-01", "2024-07-01"))
    assert page.status == 200
    assert "Both texts read the same" in page.text


@pytest.mark.parametrize("query", ["from=tomorrow", "view=3d", "lang=!"])
async def test_what_the_page_does_not_know_is_named(browser: Browser, query: str) -> None:
    page = await browser.get(f"{NOISE}/compare?{query}")
    assert page.status == 400


async def test_a_comparison_speaks_the_language_of_the_text(browser: Browser) -> None:
    page = await browser.get(_compare("2016-05-01", "2024-07-01", lang="fr"), Accept_Language="en")
    assert page.headers["Content-Language"] == "fr"
    assert "Ce qui a changé entre le 1er mai 2016 et le 1er juillet 2024" in page.text
    assert page.headers["Cache-Control"].startswith("public")


def test_long_unchanged_text_is_folded_and_nothing_is_lost() -> None:
    long = "word " * FOLD_OVER
    runs = [Run(op="delete", text="old"), Run(op="equal", text=long), Run(op="insert", text="new")]
    pieces = pieces_of(runs)
    assert [piece.op for piece in pieces] == ["delete", "equal", "folded", "equal", "insert"]
    assert "".join(piece.text for piece in pieces if piece.op in ("equal", "folded")) == long
    assert next(piece.op for piece in pieces_of(runs, "old")) == "delete"
    assert "insert" not in {piece.op for piece in pieces_of(runs, "old")}


def test_unchanged_text_at_an_end_is_folded_up_to_the_change() -> None:
    pieces = pieces_of([Run(op="equal", text="word " * FOLD_OVER), Run(op="insert", text="new")])
    assert [piece.op for piece in pieces] == ["folded", "equal", "insert"]
