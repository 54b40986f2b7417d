"""The words of the interface: a folder per language in `locales/`, in it a file per part of the interface.

A test holds the keys of the languages together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("en", "fr")
"""The interface's languages, the default first. What the law is written in is another matter."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language of the interface."""

    lang: str
    catalogue: Mapping[str, str]

    def t(self, key: str, /, **values: object) -> str:
        """The text of `key` with `{names}` filled in. It is text: templates escape it. KeyError for an unknown key."""
        text = self.catalogue[key]
        return text.format(**values) if values else text

    def tn(self, key: str, count: int, /, **values: object) -> str:
        """As `t`, with the form for `count`, which is also filled in as `{count}`: `key.one` or `key.other`."""
        one = count == 1 or (count == 0 and self.lang == "fr")
        return self.t(f"{key}.{'one' if one else 'other'}", count=self.number(count), **values)

    def known(self, key: str, fallback: str) -> str:
        """The text of `key`, or `fallback` for a code that the catalogue has no word for."""
        return self.catalogue.get(key, fallback)

    def language(self, code: str) -> str:
        """The name of a language in itself: Français."""
        return self.catalogue.get(f"language.{code}", code)

    def kind(self, code: str, *, many: bool = False) -> str:
        """What a kind of policy is called."""
        return self.known(f"kind.{code}.many" if many else f"kind.{code}", code.replace("-", " ").capitalize())

    def place(self, code: str, names: Mapping[str, str]) -> str:
        """The name of a jurisdiction: as its publisher gives it in this language or any, else ours, else its code."""
        return names.get(self.lang) or next(iter(names.values()), "") or self.known(f"jurisdiction.{code}", code)

    def said(self, sentence: str) -> str:
        """What another service said of a field, in English, in this language as far as the catalogue knows it."""
        if self.lang == "en":
            return sentence
        general = sentence.partition(":")[0]
        return self.catalogue.get(f"said.{sentence}") or self.catalogue.get(f"said.{general}") or sentence

    def number(self, value: int) -> str:
        """A whole number, grouped by thousands as the language does."""
        return f"{value:,}".replace(",", "\u202f") if self.lang == "fr" else f"{value:,}"

    def date(self, day: date | datetime | None) -> str:
        """A day in words: 1 July 2024, 1er juillet 2024; empty for None."""
        if day is None:
            return ""
        first = "er" if self.lang == "fr" and day.day == 1 else ""
        return f"{day.day}{first} {self.catalogue[f'month.{day.month}']} {day.year}"


@cache
def texts_of(lang: str) -> Texts:
    """The catalogue of one of LANGUAGES; raises ValueError when two of its files hold the same key."""
    catalogue: dict[str, str] = {}
    for path in sorted((LOCALES / lang).glob("*.json")):
        part: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        twice = catalogue.keys() & part.keys()
        if twice:
            raise ValueError(f"{path.name} repeats {', '.join(sorted(twice))}")
        catalogue |= part
    return Texts(lang, catalogue)
