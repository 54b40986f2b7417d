"""docs/settings.md and .env.example say what the code reads."""

from tests.docs.settings_page import EXAMPLE, PAGE, example, page

ADVICE = "run: .venv/bin/python -m tests.docs.settings_page"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), ADVICE


def test_the_example_is_current() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), ADVICE


def test_every_setting_has_a_meaning() -> None:
    assert "|  |\n" not in page()
