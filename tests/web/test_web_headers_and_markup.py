"""What holds for every page: strict headers, nothing inline, one main heading, labelled fields, living links."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from tests.web.web_stack import NOISE, Browser

PAGES = [
    "/", "/search", "/search?q=noise&lang=en", "/search?q=zzzqqq&lang=en", "/browse", "/browse?kind=by-law", "/docs",
    "/docs/errors", "/docs/api", "/preferences", "/patterns", "/accessibility", "/status", "/login",
    "/login?registered", "/register", "/first-admin", "/nowhere",
    "/register/sent", "/verify?token=x", "/verify?done", "/verify/email?token=x", "/verify/undo?token=x", "/forgotten",
    "/forgotten?sent", "/reset?token=x", "/reset?done",
    NOISE + "/history", NOISE + "/history?lang=fr", NOISE + "/citations", NOISE + "/citations?direction=in&lang=fr",
    NOISE + "/compare?from=2016-05-01&to=2024-07-01&lang=en", NOISE + "/en+fr@2024-07-01",
    NOISE + "/fr@2024-07-01/cite",
    NOISE + "/compare?from=2016-05-01&to=2024-07-01&lang=fr&view=split", NOISE + "/sections/sec_5/history",
    NOISE + "/en@2024-07-01", NOISE + "/fr@2016-05-01", "/?ui=fr", "/search?q=bruit&lang=fr&ui=fr",
]  # fmt: skip
_VOID = {"meta", "link", "input", "br", "img", "hr"}


class Outline(HTMLParser):
    """Collects what the tests below ask of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.landmarks: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.html_lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.html_lang = given.get("lang", "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label" and "for" in given:
            self.labels.add(given["for"])
        if tag == "input" and given.get("type") not in ("hidden", "radio"):
            self.fields.append(given)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if "id" in given:
            self.ids.append(given["id"])
        if tag in ("header", "main", "footer", "nav"):
            self.landmarks.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_sound(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    outline = Outline()
    outline.feed(page.text)
    assert page.text.startswith("<!doctype html>")
    assert not outline.unbalanced, outline.unbalanced
    assert outline.html_lang in ("en", "fr")
    assert not outline.inline
    assert outline.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *outline.headings], outline.headings, strict=False))
    assert not [field for field in outline.fields if field.get("id") not in outline.labels]
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.landmarks.count("main") == 1
    assert 'class="skip" href="#content"' in page.text


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/login", NOISE, "/fragments/account", "/robots.txt", "/favicon.ico"]
)
async def test_every_answer_carries_strict_headers(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"


async def test_no_link_of_ours_is_dead(browser: Browser) -> None:
    waiting, seen, dead = ["/"], set[str](), []
    while waiting and len(seen) < 120:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = await browser.get(path)
        if page.status in (302, 303):
            waiting.append(page.headers["Location"])
        elif page.status != 200:
            dead.append((path, page.status))
        if not page.headers.get("Content-Type", "").startswith("text/html"):
            continue
        ids = page.ids()
        for href in page.hrefs():
            parts = urlsplit(href)
            if href.startswith("#"):
                assert href[1:] in ids, (path, href)
            elif not parts.netloc and not href.startswith("/api/"):
                waiting.append(parts._replace(fragment="").geturl())
    # The sample's references to by-laws that are not held lead to problem pages, as they should.
    assert len(seen) > 30
    assert not [(path, status) for path, status in dead if not path.startswith("/ca-port-lumen/by-law/")], dead
