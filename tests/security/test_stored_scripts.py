"""Stored XSS: what strangers' files and drafts hold is shown as words, in a real browser and in every format."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from lxml import html
from playwright.async_api import Browser

from services.web import headers
from tests.security.security_stack import Platform
from tests.security.test_hostile_uploads import act, zipped

MARK = "pwned"
ATTACKS = [
    "<script>document.title='pwned'</script>", "<img src=x onerror=\"document.title='pwned'\">",
    "<svg onload=\"document.title='pwned'\">", "<a href=\"javascript:document.title='pwned'\">click</a>",
    "<iframe srcdoc=\"<script>parent.document.title='pwned'</script>\"></iframe>",
    "\"><script>document.title='pwned'</script>",
    "<style>@import 'http://127.0.0.1:9/x'</style>", "<math><mtext></p><script>document.title='pwned'</script>",
    "{{ 7 * 191 }}", "<base href='http://127.0.0.1:9/'>",
    "<form action='http://127.0.0.1:9/'><button>go</button></form>",
    "<meta http-equiv='refresh' content='0;url=http://127.0.0.1:9/'>", "<object data='javascript:alert(1)'></object>",
]  # fmt: skip
MARKDOWN_ATTACKS = [
    *ATTACKS, "[go](javascript:document.title='pwned')", "[go](JaVaScRiPt&#58;document.title='pwned')",
    "![x](x\" onerror=\"document.title='pwned')", "[x]: javascript:document.title='pwned'\n\n[go][x]",
    "<javascript:document.title='pwned'>", "[go](data:text/html,<script>document.title='pwned'</script>)",
]  # fmt: skip
_URLS = ("href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcdoc", "background")

_RUNNING = ("javascript:", "data:text", "vbscript:")


def harmful(page: str) -> list[str]:
    """What a browser could run or fetch of a page, besides our own scripts and style sheets."""
    found = []
    for element in html.document_fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("iframe", "object", "embed", "base", "style", "applet", "frame"):
            found.append(element.tag)
        if element.tag == "script" and not element.get("src", "").startswith("/static/"):
            found.append("script")
        if element.tag == "meta" and element.get("http-equiv"):
            found.append("meta")
        for name, value in element.attrib.items():
            plain = re.sub(r"[\s\x00-\x1f]", "", str(value)).lower()
            if str(name).startswith("on") or (
                name in _URLS and plain.startswith(("javascript:", "data:text", "vbscript:"))
            ):
                found.append(f"{element.tag} {name}={value}")
            if name in _URLS and "127.0.0.1:9/" in plain:
                found.append(f"{element.tag} {name}={value}")
    return found


@pytest_asyncio.fixture(scope="module")
async def attacked(platform: Platform) -> AsyncIterator[list[str]]:
    """Imports that hold scripts in every part, and a draft that was published; the pages that show them."""
    editor, reviewer = await platform.person("editor"), await platform.person("reviewer")
    everything = "\n\n".join(MARKDOWN_ATTACKS)
    facts = {
        "jurisdiction": "ca-attack-town", "kind": "by-law", "number": "66", "lang": "en", "date": "2024-06-01",
        "title": f"Law {ATTACKS[0]}", "long_title": ATTACKS[5], "subjects": ATTACKS[:3], "citations": ATTACKS[:2],
    }  # fmt: skip
    front = "\n".join(f"{name}: {json.dumps(value)}" for name, value in facts.items())
    body = f"## 1. Rule {ATTACKS[1]}\n\nA trapword here.\n\n{everything}\n\n## {ATTACKS[0]}\n\nMore.\n"
    text = f"---\n{front}\n---\n\n{body}"
    ended = await platform.imported("markdown", "law.md", text.encode(), by=editor)
    assert (ended["state"], ended["failures"]) == ("done", []), ended
    words = "".join(ATTACKS).replace("&", "&amp;").replace("<", "&lt;")
    elements = (
        "<p>trapword <script>document.title='pwned'</script><a href='javascript:x()'>a</a><b onclick='x()'>b</b></p>"
    )
    files = {
        "a.xml": act(61, words),
        "b.xml": act(62, "x").replace("<p>x</p>", elements),
        "c.xml": act(63, "x").replace("<num>1</num>", f"<num>{words}</num><heading>{words}</heading>"),
    }
    packed = zipped({name: file.encode() for name, file in files.items()})
    ended = await platform.imported("akoma-ntoso", "acts.zip", packed, by=editor)
    assert ended["state"] == "done", ended
    await _publish_draft(platform, editor, reviewer, everything)
    law = "/ca-attack-town/by-law/66"
    yield [
        f"{law}/en@2024-06-01", f"{law}/en", f"{law}/history", f"{law}/compare", f"{law}/citations",
        f"{law}/en@2024-06-01/cite", "/search?q=trapword&lang=en", "/search?q=pwned&lang=en",
        "/browse?jurisdiction=ca-attack-town", *(f"/xx/act/2020-{number}/en@2020-01-01" for number in (61, 62, 63)),
        f"/search?q={'%3Cscript%3Edocument.title=%27pwned%27%3C/script%3E'}",
    ]  # fmt: skip


async def _publish_draft(platform: Platform, editor: Any, reviewer: Any, source: str) -> None:
    """A new version of the imported by-law, written with everything that an editor can write."""
    base = "/api/v1/policies/ca-attack-town/by-law/66/en@2024-06-01"

    async def call(by: Any, method: str, path: str, body: Any = None, **headers_sent: str) -> tuple[Any, str]:
        status, answer, said = await platform.call(method, path, body, by=by, **headers_sent)
        assert status in (200, 201), answer
        return answer, said.get("ETag", "")

    made, etag = await call(editor, "POST", "/api/v1/drafts", {"base": base})
    path = f"/api/v1/drafts/{made['id']}"
    eid = next(part["eid"] for part in made["provisions"] if part["kind"] == "section")
    _, tag = await call(editor, "GET", f"{path}/provisions/{eid}")
    written = {"format": "markdown", "source": f"trapword\n\n{source}", "heading": ATTACKS[0], "note": ATTACKS[1]}
    answer, _ = await call(editor, "PATCH", f"{path}/provisions/{eid}", written, If_Match=tag)
    _, etag = await call(editor, "POST", f"{path}/submit", {"note": ATTACKS[0]}, If_Match=answer["draft"]["etag"])
    _, etag = await call(reviewer, "POST", f"{path}/approve", {"note": ATTACKS[1]}, If_Match=etag)
    await call(reviewer, "POST", f"{path}/publish", {}, If_Match=etag)


async def test_no_page_holds_anything_that_runs(platform: Platform, attacked: list[str]) -> None:
    """By the markup alone, so that the policy of the page is a second line."""
    for path in attacked:
        async with platform.session.get(platform.gateway + path) as response:
            text = await response.text()
            assert response.status == 200, (path, text[:500])
        assert harmful(text) == [], path
        assert "1337" not in text, "no template is made of what was imported"


async def test_no_representation_holds_anything_that_runs(platform: Platform, attacked: list[str]) -> None:
    base = "/api/v1/policies/ca-attack-town/by-law/66"
    status, work, _ = await platform.call("GET", base)
    assert status == 200
    for version in work["versions"]:
        for address in (f"{version['href']}.html", f"{version['href']}?content=html"):
            status, answer, said = await platform.call("GET", address)
            assert status == 200, answer
            found = answer if isinstance(answer, str) else "".join(each["html"] for each in answer["provisions"])
            assert harmful(found) == [], address
            if isinstance(answer, str):
                assert "script-src" not in said["Content-Security-Policy"]
                assert "default-src 'none'" in said["Content-Security-Policy"]
    assert len(work["versions"]) == 2


async def test_nothing_runs_in_a_browser(platform: Platform, attacked: list[str], chromium: Browser) -> None:
    context = await chromium.new_context(base_url=platform.gateway, locale="en-CA")
    tab = await context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
    for path in attacked:
        await tab.goto(path)
        assert await tab.title() != MARK, path
        for link in await tab.get_by_role("link", name=re.compile("^(go|click)$")).all():
            assert not str(await link.get_attribute("href")).lower().startswith("javascript"), path
    await context.close()
    assert said == [], "the policy had nothing to refuse: the markup is clean"
    assert [address for address in asked if not address.startswith((platform.gateway, "data:"))] == []


async def test_the_policy_stops_what_would_get_through(platform: Platform, chromium: Browser) -> None:
    """The second line by itself: a page that does hold a script, under the policy of every page of ours."""
    context = await chromium.new_context()
    tab = await context.new_page()
    body = "<title>safe</title><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    policy = {"Content-Security-Policy": headers.POLICY, "Content-Type": "text/html"}
    await context.route("http://held.test/", lambda route: route.fulfill(body=body, headers=policy))
    await context.route("http://open.test/", lambda route: route.fulfill(body=body, content_type="text/html"))
    await tab.goto("http://open.test/")
    assert await tab.title() == MARK, "without a policy it runs"
    await tab.goto("http://held.test/")
    assert await tab.title() == "safe"
    await context.close()
