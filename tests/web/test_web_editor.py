"""The editor's workplace: from a published text to a reviewed new one, by forms alone."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from tests.web.web_stack import NOISE, PASSWORD, Browser, Page

Staff = Callable[[str], Awaitable[Browser]]


@pytest.fixture
def staff(site: Browser, library_database: DatabaseUrls) -> Staff:
    """Makes a browser in which somebody with a role is signed in."""

    async def signed_in(role: str) -> Browser:
        browser, email = Browser(site.base, site.session), f"{secrets.token_hex(6)}@example.org"
        await browser.register(email, PASSWORD, f"Some {role}")
        connection = await asyncpg.connect(library_database.owner_url)
        try:
            changed = "UPDATE auth.account SET role = $2, areas = '*', verified_at = now() WHERE email = $1"
            assert await connection.execute(changed, email, role) == "UPDATE 1"
        finally:
            await connection.close()
        assert (await browser.sign_in(email)).status == 303
        return browser

    return signed_in


async def _begin(editor: Browser) -> str:
    return await _begin_from(editor, f"{NOISE}/en@2024-07-01#sec_5")


async def _begin_from(editor: Browser, page: str) -> str:
    shown = await editor.get("/editor/new")
    fields = {"key": shown.hidden("key"), "base": f"http://localhost:8080{page}"}
    begun = await editor.submit("/editor/new/from-text", fields, shown_at="/editor/new")
    assert begun.status == 303, begun.text
    return begun.headers["Location"]


async def _begin_anew(editor: Browser, text: str) -> tuple[str, str]:
    shown = await editor.get("/editor/new")
    number = f"2026-{secrets.randbelow(10**9)}"
    fields = {
        "key": shown.hidden("key"), "jurisdiction": "ca-port-lumen", "kind": "motion", "number": number, "lang": "en",
        "title": "On singing", "text": text,
    }  # fmt: skip
    begun = await editor.submit("/editor/new", fields, shown_at="/editor/new")
    assert begun.status == 303, begun.text
    return begun.headers["Location"], f"/ca-port-lumen/motion/{number}"


async def _write(editor: Browser, section: str, source: str, **headers: str) -> Page:
    shown = await editor.get(section)
    fields = {
        "form_token": shown.hidden("form_token"), "etag": shown.hidden("etag"), "num": "5", "heading": "Quiet hours",
        "note": "", "format": "markdown", "source": source,
    }  # fmt: skip
    return await editor.post(section, fields, Sec_Fetch_Site="same-origin", **headers)


async def _step(browser: Browser, draft: str, action: str, **fields: str) -> Page:
    shown = await browser.get(draft)
    sent = {"form_token": shown.hidden("form_token"), "etag": shown.hidden("etag"), **fields}
    return await browser.post(f"{draft}/{action}", sent, Sec_Fetch_Site="same-origin")


async def test_a_text_goes_from_its_editor_over_the_reviewer_to_the_public(staff: Staff) -> None:
    editor, reviewer = await asyncio.gather(staff("editor"), staff("reviewer"))
    draft, page = await _begin_anew(editor, "# 5 Quiet hours\n\nEverybody sings here at night.")
    section = f"{draft}/sections/sec_5"
    assert (await _write(editor, section, "No one sings here at night.")).headers["Location"] == section + "?saved"
    shown = await editor.get(draft)
    assert "passage changed" in shown.text or "passages changed" in shown.text
    assert "No one sings here at night." in (await editor.get(section)).text
    assert (await _step(editor, draft, "submit", note="Please read.")).status == 303

    returned = await _step(reviewer, draft, "return", note="One word.", **{"on:sec_5": "Say whistles, too."})
    assert returned.status == 303, returned.text
    shown = await editor.get(draft)
    assert "One word." in shown.text
    assert "Say whistles, too." in shown.text
    assert (await _write(editor, section, "No one sings or whistles here at night.")).status == 303
    assert (await _step(editor, draft, "submit")).status == 303
    assert (await _step(reviewer, draft, "approve")).status == 303
    published = await _step(reviewer, draft, "publish", date="2026-10-01")
    assert published.status == 303, published.text
    public = Browser(reviewer.base, reviewer.session)
    assert "No one sings or whistles here at night." in (await public.get(f"{page}/en@2026-10-01")).text

    again = await _begin_from(editor, f"{page}/en@2026-10-01")
    assert (await _write(editor, f"{again}/sections/sec_5", "Everybody whistles.")).status == 303
    assert (await _step(editor, again, "submit")).status == 303
    assert (await _step(reviewer, again, "approve")).status == 303
    assert (await _step(reviewer, again, "publish", date="2026-11-01")).status == 303
    compared = await public.get(f"{page}/compare?from=2026-10-01&to=2026-11-01&lang=en")
    assert "1 passage changed" in compared.text
    assert "<ins>" in compared.text
    record = await editor.get(f"{draft}/record")
    steps = re.findall(r"</time></th><td>([^<]+)</td>", record.text)
    assert [step for step in steps if step in ("Handed in", "Approved", "Published", "Returned")] == [
        "Handed in", "Returned", "Handed in", "Approved", "Published",
    ]  # fmt: skip


async def test_script_gets_the_preview_and_the_next_etag(staff: Staff) -> None:
    editor = await staff("editor")
    section = f"{await _begin(editor)}/sections/sec_5"
    part = await _write(editor, section, "Silence.", X_Part="preview")
    assert part.status == 200
    assert "<html" not in part.text
    assert "Silence." in part.text
    etag = re.search(r'data-etag="([^"]+)"', part.text)
    assert etag
    assert (await editor.get(section)).hidden("etag").replace("&#34;", '"') == etag[1].replace("&#34;", '"')


async def test_what_another_wrote_meanwhile_is_shown_beside_ones_own(staff: Staff) -> None:
    editor = await staff("editor")
    section = f"{await _begin(editor)}/sections/sec_5"
    first = await editor.get(section)
    assert (await _write(editor, section, "What the other wrote.")).status == 303
    fields = {
        "form_token": first.hidden("form_token"), "etag": first.hidden("etag"), "num": "5", "heading": "", "note": "",
        "format": "markdown", "source": "What I wrote.",
    }  # fmt: skip
    second = await editor.post(section, fields, Sec_Fetch_Site="same-origin")
    assert second.status == 412
    assert "What I wrote." in second.text
    assert "What the other wrote." in second.text
    fields["etag"] = second.hidden("etag")
    assert (await editor.post(section, fields, Sec_Fetch_Site="same-origin")).status == 303


async def test_a_text_that_cannot_be_read_is_kept_in_the_form(staff: Staff) -> None:
    editor = await staff("editor")
    section = f"{await _begin(editor)}/sections/sec_5"
    shown = await editor.get(section)
    fields = {
        "form_token": shown.hidden("form_token"), "etag": shown.hidden("etag"), "num": "5", "heading": "", "note": "",
        "format": "akn", "source": "<script>alert(1)</script>",
    }  # fmt: skip
    wrong = await editor.post(section, fields, Sec_Fetch_Site="same-origin")
    assert wrong.status == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in wrong.text
    assert "<script>alert" not in wrong.text


async def test_sections_are_put_in_moved_and_taken_out(staff: Staff) -> None:
    editor = await staff("editor")
    draft = await _begin(editor)
    shown = await editor.get(draft)
    fields = {"etag": shown.hidden("etag"), "after": "sec_5", "num": "5.1", "heading": "Bells"}
    put = await editor.submit(f"{draft}/sections", fields, shown_at=draft)
    assert put.status == 303, put.text
    section = put.headers["Location"]
    moved = await _at_section(editor, section, "move", after="sec_2", etag=(await editor.get(draft)).hidden("etag"))
    assert moved.status == 303, moved.text
    names = re.findall(rf'<a href="{draft}/sections/([^"]+)"', (await editor.get(draft)).text)
    assert names.index("sec_2") + 1 == names.index(section.rpartition("/")[2])
    assert (await _at_section(editor, section, "remove", after="")).status == 303
    assert (await editor.get(section)).status == 404


async def _at_section(editor: Browser, section: str, what: str, **fields: str) -> Page:
    shown = await editor.get(section)
    sent = {"form_token": shown.hidden("form_token"), "etag": shown.hidden("etag"), **fields}
    return await editor.post(f"{section}/{what}", sent, Sec_Fetch_Site="same-origin")


async def test_a_draft_from_scratch_is_in_the_queue(staff: Staff) -> None:
    editor = await staff("editor")
    shown = await editor.get("/editor/new")
    number = f"2026-{secrets.randbelow(10**6)}"
    fields = {
        "key": shown.hidden("key"), "jurisdiction": "ca-port-lumen", "kind": "by-law", "number": number, "lang": "fr",
        "title": "Règlement sur les cloches", "text": "# 1 Cloches\\n\\nLes cloches sonnent à midi.",
    }  # fmt: skip
    begun = await editor.submit("/editor/new", fields, shown_at="/editor/new")
    assert begun.status == 303, begun.text
    queue = await editor.get("/editor?state=draft")
    assert begun.headers["Location"] in queue.hrefs()
    assert "Règlement sur les cloches" in queue.text
    wrong = await editor.submit("/editor/new", fields | {"kind": "No kind!"}, shown_at="/editor/new")
    assert wrong.status == 422
    assert "Les cloches sonnent à midi." in wrong.text


async def test_a_step_on_a_changed_draft_is_decided_anew(staff: Staff) -> None:
    editor = await staff("editor")
    draft = await _begin(editor)
    shown = await editor.get(draft)
    assert (await _write(editor, f"{draft}/sections/sec_5", "Another text.")).status == 303
    sent = {"form_token": shown.hidden("form_token"), "etag": shown.hidden("etag")}
    refused = await editor.post(f"{draft}/submit", sent, Sec_Fetch_Site="same-origin")
    assert refused.status == 412
    assert "changed since this page was loaded" in refused.text


async def test_strangers_are_sent_to_sign_in_and_readers_refused(staff: Staff, browser: Browser) -> None:
    assert (await browser.get("/editor")).headers["Location"] == "/login?next=/editor"
    reader = await staff("reader")
    assert (await reader.get("/editor")).status == 403
    draft = await _begin(await staff("editor"))
    assert (await (await staff("editor")).get(draft)).status == 404
