"""A further language of the interface is one file: its words, plural forms, direction and place among the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from pydantic import SecretStr, ValidationError

from infra.local.valkey import ValkeyServer
from services.web.catalogues import LOCALES, TEMPLATE, parse
from services.web.settings import WebSettings
from services.web.texts import LANGUAGES, more_languages, texts_of
from tests.web.web_stack import KEY, NOISE, Browser, running_web


def _translate(lang: str, folder: Path) -> Path:
    """Writes a catalogue as a translator would fill it in: each text behind the code, a counted one with its form."""
    made = Catalog(locale=lang, charset="utf-8")
    for message in parse(LOCALES / TEMPLATE):
        if message.id:
            one = message.id if isinstance(message.id, str) else message.id[-1]
            forms = tuple(f"{lang}{form} {one}" for form in range(made.num_plurals))
            said = one if str(message.context).startswith("date.") else f"{lang} {one}"
            counted = not isinstance(message.id, str)
            made.add(message.id, forms if counted else said, context=message.context, flags=message.flags)
    path = folder / f"{lang}.po"
    with path.open("wb") as file:
        write_po(file, made)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Polish, which counts in three forms, and Hebrew, which is written from the right."""
    made = tmp_path_factory.mktemp("locales")
    for lang in ("pl", "he"):
        _translate(lang, made)
    return made


@pytest_asyncio.fixture(scope="module")
async def polyglot(auth_url: str, policy_url: str, valkey_server: ValkeyServer, folder: Path) -> AsyncIterator[Browser]:
    """A web service that speaks four languages."""
    async with running_web(auth_url, policy_url, valkey_server.url(1), locales=folder) as (base, session):
        yield Browser(base, session)


async def test_a_page_is_served_in_it_and_leads_to_the_others(polyglot: Browser) -> None:
    page = await Browser(polyglot.base, polyglot.session).get("/docs?ui=pl")
    assert '<html lang="pl">' in page.text
    assert page.headers["Content-Language"] == "pl"
    assert f"<h1>pl {texts_of('en').t('guide.title')}</h1>" in page.text
    assert {"/docs?ui=en", "/docs?ui=fr", "/docs?ui=he"} <= set(page.hrefs())
    english = await Browser(polyglot.base, polyglot.session).get("/docs")
    assert 'href="/docs?ui=pl" lang="pl" hreflang="pl">Polski</a>' in english.text


async def test_it_is_remembered_and_taken_from_what_the_browser_asks_for(polyglot: Browser) -> None:
    browser = Browser(polyglot.base, polyglot.session)
    assert '<html lang="pl">' in (await browser.get("/login", Accept_Language="pl-PL")).text
    assert '<html lang="he" dir="rtl">' in (await browser.get("/login?ui=he")).text
    assert '<html lang="he" dir="rtl">' in (await browser.get("/login", Accept_Language="en")).text


async def test_a_document_page_can_speak_it(polyglot: Browser) -> None:
    page = await Browser(polyglot.base, polyglot.session).get(f"{NOISE}/fr@2024-07-01?ui=pl")
    assert '<html lang="pl">' in page.text
    assert "1 lipca 2024" in page.text


@pytest.mark.parametrize(("count", "form"), [(1, 0), (2, 1), (4, 1), (5, 2), (12, 2), (22, 1), (0, 2)])
def test_counts_take_its_plural_forms(folder: Path, count: int, form: int) -> None:
    with more_languages(folder):
        assert texts_of("pl").tn("works.count", count) == f"pl{form} {count} policies"


def test_the_folder_of_the_setting_is_there_or_none_is_named(tmp_path: Path) -> None:
    needed = {"internal_key": SecretStr(KEY), "redis_url": SecretStr("redis://127.0.0.1")}
    assert WebSettings.model_validate(needed | {"locales": ""}).locales is None
    assert WebSettings.model_validate(needed | {"locales": str(tmp_path)}).locales == tmp_path
    with pytest.raises(ValidationError, match="does not point to a directory"):
        WebSettings.model_validate(needed | {"locales": str(tmp_path / "nowhere")})


def test_what_is_missing_fuzzy_or_outdated_is_said_in_english(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
    fuzzy = '#, fuzzy\nmsgctxt "nav.guide"\nmsgid "Guide"\nmsgstr "X"\n\n'
    outdated = 'msgctxt "nav.status"\nmsgid "Something else"\nmsgstr "Y"\n\n'
    good = f'msgctxt "site.name"\nmsgid "{texts_of("en").t("site.name")}"\nmsgstr "Z"\n'
    (tmp_path / "ja.po").write_text(head + fuzzy + outdated + good, encoding="utf-8")
    english = texts_of("en")
    with more_languages(tmp_path):
        japanese = texts_of("ja")
        assert japanese.t("site.name") == "Z"
        assert [japanese.t(key) for key in ("nav.guide", "nav.status")] == [
            english.t("nav.guide"), english.t("nav.status"),
        ]  # fmt: skip
        assert japanese.tn("works.count", 2) == "2 policies"
    assert "ja" not in LANGUAGES
