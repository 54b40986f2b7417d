"""Static files: kept for ever under their hash, complete, and as they were vendored."""

import hashlib
from pathlib import Path

from services.web.assets import BUNDLE, SHEETS, STATIC, Assets
from tests.web.web_stack import Browser


def test_vendored_files_are_unchanged_and_small() -> None:
    vendor = STATIC / "vendor"
    lines = (vendor / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    held = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.is_file()}
    held.pop("SHA256SUMS")
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in held.items()} == listed
    assert "source-serif-4/LICENSE.txt" in held
    assert sum(path.stat().st_size for path in held.values()) < 250_000


def test_every_layer_is_in_the_one_style_sheet() -> None:
    text = Assets.load().file(BUNDLE).body.decode()
    assert text.startswith("@layer tokens, base, layout, components, law, changes, desk, print;")
    assert all(f"@layer {sheet} {{" in text for sheet in SHEETS)
    assert text.count("{") == text.count("}")


def test_any_change_makes_another_address(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    for sheet in SHEETS:
        (tmp_path / "css" / f"{sheet}.css").write_text(f"@layer {sheet} {{}}")
    before = Assets.load(tmp_path)
    (tmp_path / "css" / "law.css").write_text("@layer law { p { margin: 0 } }")
    after = Assets.load(tmp_path)
    assert before.path(BUNDLE) != after.path(BUNDLE)


async def test_what_pages_link_to_is_there_for_ever(browser: Browser) -> None:
    page = await browser.get("/")
    paths = [href for href in page.hrefs() if href.startswith("/static/")]
    assert any(path.endswith(".css") for path in paths)
    for path in paths:
        answer = await browser.head(path)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_the_address_of_an_earlier_release_is_kept_briefly(browser: Browser) -> None:
    file = await browser.get("/static/0123456789abcdef/css/site.css")
    assert (file.status, file.headers["Cache-Control"]) == (200, "public, max-age=60")


async def test_nothing_outside_of_the_folder_is_served(browser: Browser) -> None:
    for name in ("../settings.py", "%2e%2e/settings.py", "..%2fsettings.py", "css/tokens.css", "nothing.js"):
        assert (await browser.get(f"/static/0123456789abcdef/{name}")).status == 404, name
