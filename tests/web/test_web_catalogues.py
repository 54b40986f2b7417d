"""The interface says everything in each of its languages."""

import re
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from services.web.catalogues import LOCALES, TEMPLATE, offered, parse, template
from services.web.render import TEMPLATES
from services.web.texts import texts_of
from shared.permissions import Role
from shared.problems import STATUS
from tests.docs.messages import faults, unused

_USED = re.compile(r"""\bt\(\s*"([^"]+)"(?!\s*~)""")
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
_SAID_BY_SCRIPT = re.compile(r"""(?<!Error\()(["'`])([A-Z]?[a-z]+(?: [a-z]+)+[.?!…]?)\1""")
_COUNTED = re.compile(r"""\btn\(\s*"([^"]+)"(?!\s*~)""")


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _wordings(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


CATALOGUES = {lang: parse(LOCALES / f"{lang}.po") for lang in offered(LOCALES)}
TEMPLATE_FILE = parse(LOCALES / TEMPLATE)


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_language_says_every_text_of_today(lang: str) -> None:
    assert len(template()) > 500
    assert not list(faults(lang))


def test_every_text_is_asked_for() -> None:
    assert not unused()


def test_what_a_catalogue_leaves_to_be_said_is_found(tmp_path: Path) -> None:
    text = (LOCALES / "fr.po").read_text(encoding="utf-8")
    for was, becomes in [
        ('msgctxt "nav.guide"', '#, fuzzy\nmsgctxt "nav.guide"'),
        ('msgctxt "nav.browse"', 'msgctxt "nav.unheard"'),
        ('msgctxt "kind.policy"\nmsgid "Policy"', 'msgctxt "kind.policy"\nmsgid "Old"'),
        ('msgstr "Loi"', 'msgstr ""'),
    ]:
        assert was in text
        text = text.replace(was, becomes, 1)
    (tmp_path / "fr.po").write_text(text, encoding="utf-8")
    assert set(faults("fr", tmp_path)) == {
        "fr: nav.browse is missing", "fr: nav.unheard is not in messages.pot", "fr: nav.guide is fuzzy",
        "fr: kind.policy translates English that has changed", "fr: kind.act is empty",
    }  # fmt: skip


@pytest.mark.parametrize("path", [LOCALES / TEMPLATE, *sorted(LOCALES.glob("*.po"))], ids=lambda path: str(path.name))
def test_each_key_stands_once_and_in_order(path: Path) -> None:
    keys = re.findall(r'^msgctxt "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_language_fills_in_the_same_values(lang: str) -> None:
    wrong = [
        message.context
        for message in CATALOGUES[lang]
        if message.id and _fields("".join(_wordings(message))) != _fields("".join(_forms(message)))
    ]
    assert not wrong


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_count_has_each_form_of_the_language(lang: str) -> None:
    counted = [message for message in CATALOGUES[lang] if not isinstance(message.id, str)]
    assert counted
    assert {len(_forms(message)) for message in counted} == {CATALOGUES[lang].num_plurals}


def test_templates_ask_for_texts_that_exist() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    used, counted = set(_USED.findall(pages)), set(_COUNTED.findall(pages))
    assert len(used) > 50
    assert not used - set(texts_of("en").catalogue)
    assert counted
    assert not counted - {key for key, wording in template().items() if wording.other}


def test_every_problem_and_role_has_words() -> None:
    catalogue = texts_of("fr").catalogue
    assert not [kind for kind in STATUS if f"problem.{kind}.title" not in catalogue]
    assert not [kind for kind in STATUS if f"problem.{kind}.text" not in catalogue]
    assert not [role for role in Role if role is not Role.ANONYMOUS and f"role.{role}" not in catalogue]


@pytest.mark.parametrize(
    ("lang", "day", "words"),
    [
        ("en", date(2024, 7, 1), "1 July 2024"),
        ("fr", date(2024, 7, 1), "1er juillet 2024"),
        ("fr", date(2024, 8, 11), "11 août 2024"),
    ],
)
def test_dates_are_written_as_the_language_does(lang: str, day: date, words: str) -> None:
    assert texts_of(lang).date(day) == words


def test_a_place_has_the_best_name_there_is() -> None:
    texts = texts_of("fr")
    assert texts.place("ca-x", {"en": "X Town", "fr": "Ville de X"}) == "Ville de X"
    assert texts.place("ca-x", {"en": "X Town"}) == "X Town"
    assert texts.place("eu", {}) == "Union européenne"
    assert texts.place("zz", {}) == "zz"


def test_counts_take_the_form_of_the_language() -> None:
    assert texts_of("en").tn("works.count", 0) == "0 policies"
    assert texts_of("fr").tn("works.count", 0) == "0 texte"
    assert texts_of("en").tn("works.count", 1) == "1 policy"
    assert texts_of("fr").tn("works.count", 12345) == "12\u202f345 textes"


def test_languages_are_named_in_themselves() -> None:
    texts = texts_of("en")
    assert [texts.language(code) for code in ("en", "fr", "iu", "pt-BR")] == [
        "English", "Français", "ᐃᓄᒃᑎᑐᑦ", "Português (Brasil)",
    ]  # fmt: skip
    assert [texts.language(code) for code in ("und", "zz", "x-private", "")] == ["und", "zz", "x-private", ""]


def test_names_are_ordered_as_readers_look_for_them() -> None:
    names = ["Zone", "eau", "Étable", "Été", "etable", "œuvre", "ordre"]
    assert texts_of("fr").in_order(names, str) == ["eau", "etable", "Étable", "Été", "œuvre", "ordre", "Zone"]


def test_numbers_shares_and_lists_follow_the_language() -> None:
    english, french = texts_of("en"), texts_of("fr")
    assert (english.number(1234567), french.number(1234567)) == ("1,234,567", "1\u202f234\u202f567")
    assert (english.percent(0.12), french.percent(0.12)) == ("12%", "12\xa0%")
    assert (english.together("ABC"), french.together("ABC")) == ("A, B, and C", "A, B et C")


def test_moments_name_their_time_zone() -> None:
    at = datetime(2024, 7, 1, 14, 5, 9, tzinfo=UTC)
    assert texts_of("fr").moment(at) == "1er juillet 2024, 14:05 UTC"
    assert texts_of("en").moment("2024-07-01T10:05:09-04:00", seconds=True) == "1 July 2024, 14:05:09 UTC"


def test_script_takes_its_words_from_the_page() -> None:
    scripts = sorted((TEMPLATES.parent / "static" / "js").glob("*.js"))
    assert len(scripts) > 3
    said = {
        path.name: [text for _, text in _SAID_BY_SCRIPT.findall(_COMMENT.sub("", path.read_text(encoding="utf-8")))]
        for path in scripts
    }
    assert not {name: texts for name, texts in said.items() if set(texts) - {"use strict"}}
    assert _SAID_BY_SCRIPT.findall('status.textContent = "Saved at last";')
