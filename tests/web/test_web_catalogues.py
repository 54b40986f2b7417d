"""The interface says everything in each of its languages."""

import re
import string
from datetime import date

import pytest

from services.web.render import TEMPLATES
from services.web.texts import LANGUAGES, texts_of
from shared.permissions import Role
from shared.problems import STATUS

_USED = re.compile(r"""\bt\(\s*"([^"]+)"(?!\s*~)""")
_COUNTED = re.compile(r"""\btn\(\s*"([^"]+)"(?!\s*~)""")


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_keys() -> None:
    keys = {lang: set(texts_of(lang).catalogue) for lang in LANGUAGES}
    assert len(keys["en"]) > 100
    assert all(found == keys["en"] for found in keys.values()), keys["en"] ^ keys["fr"]


def test_every_language_fills_in_the_same_values() -> None:
    english, french = texts_of("en").catalogue, texts_of("fr").catalogue
    wrong = [key for key in english if _fields(english[key]) != _fields(french[key])]
    assert not wrong


def test_no_text_is_empty() -> None:
    assert not [key for lang in LANGUAGES for key, text in texts_of(lang).catalogue.items() if not text.strip()]


def test_templates_ask_for_texts_that_exist() -> None:
    catalogue = texts_of("en").catalogue
    pages = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    used = set(_USED.findall(pages)) | {f"{key}.other" for key in _COUNTED.findall(pages)}
    assert len(used) > 50
    assert not used - set(catalogue)


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
