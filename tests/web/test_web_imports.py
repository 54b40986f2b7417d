"""Bringing files in by the browser: an upload is passed on, watched, and its failures are listed."""

import re
import secrets

import aiohttp

from tests.web.test_web_editor import Staff, staff
from tests.web.web_stack import Browser, Page

__all__ = ["staff"]


async def _upload(editor: Browser, name: str, body: bytes, importer: str, *, token: str = "") -> Page:
    shown = await editor.get("/editor/imports")
    form = aiohttp.FormData()
    form.add_field("form_token", token or shown.hidden("form_token"))
    form.add_field("key", shown.hidden("key"))
    form.add_field("importer", importer)
    form.add_field("release", "2026-11-01")
    form.add_field("file", body, filename=name)
    writer = form()
    sent = await writer.as_bytes()
    kind = writer.headers["Content-Type"]
    return await editor.post("/editor/imports", sent, Content_Type=kind, Sec_Fetch_Site="same-origin")


async def test_a_file_is_passed_on_and_can_be_watched(staff: Staff) -> None:
    editor = await staff("editor")
    name = f"{secrets.token_hex(4)}.md"
    begun = await _upload(editor, name, b"---\ntitle: X\n---\n# 1 One\n\nText.\n", "markdown")
    assert begun.status == 303, begun.text
    address = begun.headers["Location"]
    assert re.fullmatch(r"/editor/imports/\d+", address)
    assert name in (await editor.get(address)).text
    part = await editor.get(f"{address}/progress")
    assert "<html" not in part.text
    assert address in (await editor.get("/editor/imports")).hrefs()


async def test_an_import_that_waits_can_be_cancelled_and_gone_on_with(staff: Staff) -> None:
    editor = await staff("editor")
    address = (await _upload(editor, f"{secrets.token_hex(4)}.md", b"# 1 One", "markdown")).headers["Location"]
    cancelled = await editor.submit(f"{address}/cancel", {}, shown_at=address)
    assert cancelled.status == 303, cancelled.text
    assert "Cancelled" in (await editor.get(address)).text
    assert (await editor.submit(f"{address}/resume", {}, shown_at=address)).status == 303
    assert "Waiting" in (await editor.get(address)).text


async def test_a_file_of_another_kind_is_refused_on_the_page(staff: Staff) -> None:
    wrong = await _upload(await staff("editor"), "x.exe", b"MZ", "markdown")
    assert wrong.status == 422
    assert "error-summary" in wrong.text


async def test_an_upload_needs_the_token_of_its_form(staff: Staff) -> None:
    assert (await _upload(await staff("editor"), "x.md", b"# 1", "markdown", token="x" * 40)).status == 403


async def test_another_editor_does_not_see_it(staff: Staff) -> None:
    address = (await _upload(await staff("editor"), "x.md", b"# 1 One", "markdown")).headers["Location"]
    assert (await (await staff("editor")).get(address)).status == 404
