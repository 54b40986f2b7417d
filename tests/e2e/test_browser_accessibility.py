"""axe finds nothing on any public page, wide and light, narrow and dark."""

from __future__ import annotations

import importlib.resources
from typing import Any, Literal

import pytest
from playwright.async_api import Browser

from tests.web.web_stack import NOISE

AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [
    "/", "/search?q=noise&lang=en", "/search?q=zzzqqq&lang=en", "/browse", f"{NOISE}/en@2024-07-01",
    f"{NOISE}/fr@2016-05-01", f"{NOISE}/history?lang=en", f"{NOISE}/sections/sec_5/history?lang=en",
    f"{NOISE}/compare?from=2016-05-01&to=2024-07-01&lang=en",
    f"{NOISE}/compare?from=2016-05-01&to=2024-07-01&lang=fr&view=split", f"{NOISE}/citations?lang=en",
    f"{NOISE}/citations?direction=in&lang=fr", f"{NOISE}/en+fr@2024-07-01", f"{NOISE}/en@2024-07-01/cite",
    "/login", "/register", "/docs", "/docs/errors", "/docs/api", "/preferences", "/patterns", "/accessibility",
    "/status", "/nowhere",
]  # fmt: skip
_RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")], ids=["wide-light", "narrow-dark"])
@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing(
    chromium: Browser, platform: str, path: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = await chromium.new_context(
        base_url=platform, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        page = await context.new_page()
        await page.goto(path)
        await page.evaluate(AXE)
        found: dict[str, Any] = await page.evaluate(_RUN, RULES)
        wrong = [
            f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
            for one in found["violations"]
        ]
        assert not wrong, "\n".join(wrong)
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} px wider than the window"
    finally:
        await context.close()
