"""No English word is left on a page in French: in its words, its head, or what only some readers hear of."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import pytest_asyncio
from lxml import html

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.web.texts import texts_of
from tests.conftest import Databases
from tests.web.web_stack import NOISE, Browser, running_auth, running_policy, running_web

_ZOE = "zoe-french-"
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"\S+@\S+")
_ATTRIBUTES = ("title", "aria-label", "aria-description", "placeholder", "alt", "label")
_DATA_OF_SCRIPT = re.compile(r"data-(?!href|src|path|id|key|lang|url)[a-z-]+")
_NOT_WORDS = {"script", "style", "code", "pre", "kbd", "samp", "bdi", "textarea"}
_SENTENCE = re.compile(r"[^\W\d_]+ [^\W\d_]+")
_FRENCH_TOO = {"on", "plan", "import", "public", "moment"}  # words of both languages that ours says in English alone
_NAMES = {"english", "openapi", "json", "markdown", "atom"}

OPEN_TO_ALL = [
    "/", "/search", "/search?q=bruit&lang=fr", "/search?q=zzzqqq&lang=fr", "/browse?lang=fr",
    "/browse?kind=by-law&lang=fr", "/docs", "/docs/errors", "/docs/api", "/preferences", "/patterns",
    "/accessibility", "/status", "/login",
    "/login?registered", "/register", "/register/sent", "/first-admin", "/nowhere", "/verify?token=x", "/verify?done",
    "/verify/email?token=x", "/verify/undo?token=x", "/forgotten", "/forgotten?sent", "/reset?token=x", "/reset?done",
    NOISE + "/history?lang=fr", NOISE + "/citations?lang=fr", NOISE + "/citations?direction=in&lang=fr",
    NOISE + "/compare?from=2016-05-01&to=2024-07-01&lang=fr", NOISE + "/sections/sec_5/history?lang=fr",
    NOISE + "/compare?from=2016-05-01&to=2024-07-01&lang=fr&view=split", NOISE + "/en+fr@2024-07-01",
    NOISE + "/fr@2024-07-01", NOISE + "/fr@2016-05-01", NOISE + "/fr@2024-07-01/cite", NOISE + "/en@2024-07-01",
]  # fmt: skip
OF_A_PERSON = [
    "/account", "/account/security", "/account/sessions", "/account/keys", "/account/password", "/account/email",
    "/account/data", "/account/logins", "/account/app",
]  # fmt: skip
OF_STAFF = ["/editor", "/editor/new", "/editor/imports", "/record", "/admin/users", "/admin/audit"]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_ADDRESS.sub(" ", text))}


def english_alone() -> set[str]:
    """Words that the interface says in English, and nowhere in French."""
    said = {}
    for lang in ("en", "fr"):
        texts = texts_of(lang)
        counted = [texts.said_by.form(key, count) for key in texts.said_by.counted for count in (1, 2)]
        plain = [text for key, text in texts.catalogue.items() if not key.startswith("date.")]
        said[lang] = _words(re.sub(r"\{\w*\}", " ", "\n".join(plain + counted)))
    return said["en"] - said["fr"] - _FRENCH_TOO - _NAMES


def said_in_french(document: html.HtmlElement) -> Iterator[str]:
    """What a page says to readers in its body, except what is marked as said in another language, and code."""
    waiting: list[tuple[html.HtmlElement, str]] = [(document, "")]
    while waiting:
        element, lang = waiting.pop()
        if not isinstance(element.tag, str) or element.tag in _NOT_WORDS:
            continue
        lang = element.get("lang", lang)
        if lang == "fr":
            yield element.text or ""
            yield from (element.get(name, "") for name in _ATTRIBUTES)
            yield from (
                value for name, value in element.items() if _DATA_OF_SCRIPT.fullmatch(name) and _SENTENCE.search(value)
            )
            if element.tag == "meta" and element.get("name") == "description":
                yield element.get("content", "")
            if element.tag == "input" and element.get("type") in ("submit", "button"):
                yield element.get("value", "")
            yield from (child.tail or "" for child in element)
        waiting += [(child, lang) for child in element]


def english_words(page: str) -> list[str]:
    """Each saying in which English is left, with the words."""
    document = html.document_fromstring(page)
    names = (document.findtext(path) for path in (".//h1[@lang='en']", ".//*[@lang='en']/h1", ".//h1/*[@lang='en']"))
    named = next(filter(None, names), "")
    title = document.find(".//title")
    if title is not None and title.text and named:
        title.text = title.text.replace(named.strip(), "")  # the law's own name, which no markup can set apart there
    alone = english_alone()
    found = ((" ".join(said.split()), _words(said) & alone) for said in said_in_french(document))
    return [f"{sorted(words)}: {said[:120]}" for said, words in found if words]


async def _staff(site: Browser, database: DatabaseUrls, role: str) -> Browser:
    browser, email = Browser(site.base, site.session, mailbox=database), f"{_ZOE}{secrets.token_hex(6)}@example.org"
    await browser.register(email, name="Zoé")
    connection = await asyncpg.connect(database.owner_url)
    try:
        changed = "UPDATE auth.account SET role = $2, areas = '*', verified_at = now() WHERE email = $1"
        assert await connection.execute(changed, email, role) == "UPDATE 1"
    finally:
        await connection.close()
    assert (await browser.sign_in(email)).status == 303
    return browser


@pytest_asyncio.fixture(scope="module")
async def administrator(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Browser]:
    """An administrator, on a platform apart: other tests make the first one of theirs."""
    database, redis_url = databases.create(), valkey_server.url(7)
    async with (
        running_auth(database, redis_url) as auth,
        running_policy(database, redis_url) as policy,
        running_web(auth, policy, redis_url) as (base, session),
    ):
        yield await _staff(Browser(base, session), database, "admin")
    databases.drop(database)


@pytest_asyncio.fixture(scope="module")
async def editor(site: Browser, library_database: DatabaseUrls) -> Browser:
    """An editor of every jurisdiction."""
    return await _staff(site, library_database, "editor")


async def _assert_french(browser: Browser, path: str) -> None:
    shown = await browser.get(path + ("&" if "?" in path else "?") + "ui=fr", Accept_Language="en")
    assert shown.status < 300 or shown.status in (401, 404, 410), (shown.status, shown.headers.get("Location"))
    assert '<html lang="fr"' in shown.text
    found = english_words(shown.text)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", OPEN_TO_ALL)
async def test_pages_for_everyone_are_french(browser: Browser, path: str) -> None:
    await _assert_french(browser, path)


@pytest.mark.parametrize("path", OF_A_PERSON + OF_STAFF)
async def test_pages_of_accounts_are_french(administrator: Browser, path: str) -> None:
    await _assert_french(administrator, path)


@pytest.mark.parametrize(
    ("path", "fields", "shown_at"),
    [
        ("/login", {"email": "nobody@example.org", "password": "wrong"}, ""),
        ("/register", {"display_name": "", "email": "nobody", "password": "short"}, ""),
        ("/register", {"display_name": "Zoé", "email": "z@example.org", "password": "password1234"}, ""),
        ("/forgotten", {"email": "nobody"}, ""),
        ("/reset", {"token": "x", "password": "password1234"}, "/reset?token=x"),
    ],
    ids=["login", "register", "easy-password", "forgotten", "reset"],
)
async def test_what_is_wrong_with_a_form_is_said_in_french(
    browser: Browser, path: str, fields: dict[str, str], shown_at: str
) -> None:
    browser.cookies["ui"] = "fr"
    answer = await browser.submit(path, fields, shown_at=shown_at)
    assert answer.status in (401, 403, 410, 422), html.document_fromstring(answer.text).text_content()
    assert not english_words(answer.text), "\n".join(english_words(answer.text))


async def test_a_draft_is_written_in_french(editor: Browser) -> None:
    shown = await editor.get("/editor/new")
    fields = {"key": shown.hidden("key"), "base": f"http://localhost:8080{NOISE}/fr@2024-07-01"}
    begun = await editor.submit("/editor/new/from-text", fields, shown_at="/editor/new")
    assert begun.status == 303, html.document_fromstring(begun.text).text_content()
    draft = begun.headers["Location"]
    for path in (draft, f"{draft}/record", f"{draft}/sections/sec_5", "/editor"):
        await _assert_french(editor, path)


async def test_the_page_about_an_account_is_french(administrator: Browser) -> None:
    users = await administrator.get(f"/admin/users?q={_ZOE}")
    await _assert_french(administrator, next(href for href in users.hrefs() if href.startswith("/admin/users/")))


async def test_english_that_is_left_would_be_found() -> None:
    page = (
        '<html lang="fr"><title>Search</title><p lang="en">Search</p><p title="Sign in">Loi <b>Password</b></p></html>'
    )
    assert len(english_words(page)) == 3
