"""The words of the interface, and how a language writes days, numbers and names: by its catalogue and by CLDR."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from services.web.catalogues import DEFAULT, LOCALES, Catalogue, offered, read_catalogue
from services.web.collation import sort_key

_T = TypeVar("_T")
_KEPT = 4096  # days and numbers that pages repeat; a few hundred bytes each

_folders: dict[str, Path] = {DEFAULT: LOCALES} | dict.fromkeys(offered(LOCALES), LOCALES)
_languages: list[str] = list(_folders)
LANGUAGES: Sequence[str] = _languages
"""The interface's languages, the default first: one per catalogue. What the law is written in is another matter."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language of the interface."""

    lang: str
    said_by: Catalogue

    @property
    def catalogue(self) -> Mapping[str, str]:
        """Every text that is not counted, by key."""
        return self.said_by.plain

    @property
    def direction(self) -> str:
        """How it is written: `ltr` or `rtl`, as in HTML."""
        return _locale(self.lang).text_direction

    def t(self, key: str, /, **values: object) -> str:
        """The text of `key` with `{names}` filled in. It is text: templates escape it. KeyError for an unknown key."""
        text = self.said_by.plain[key]
        return text.format(**values) if values else text

    def tn(self, key: str, count: int, /, **values: object) -> str:
        """As `t`, in the form that the language has for `count`, which is also filled in as `{count}`."""
        return self.said_by.form(key, count).format(count=self.number(count), **values)

    def known(self, key: str, fallback: str) -> str:
        """The text of `key`, or `fallback` for a code that the catalogue has no word for."""
        return self.said_by.plain.get(key, fallback)

    def language(self, code: str) -> str:
        """The name of a language (BCP 47) in itself: Français. The code itself where CLDR has none."""
        return self.known(f"language.{code}", "") or _own_name(code)

    def kind(self, code: str, *, many: bool = False) -> str:
        """What a kind of policy is called."""
        return self.known(f"kind.{code}.many" if many else f"kind.{code}", code.replace("-", " ").capitalize())

    def place(self, code: str, names: Mapping[str, str]) -> str:
        """The name of a jurisdiction: as its publisher gives it in this language or any, else ours, else its code."""
        return names.get(self.lang) or next(iter(names.values()), "") or self.known(f"jurisdiction.{code}", code)

    def said(self, sentence: str) -> str:
        """What another service said of a field, in English, in this language as far as the catalogue knows it."""
        if self.lang == DEFAULT:
            return sentence
        general = sentence.partition(":")[0]
        return self.known(f"said.{sentence}", "") or self.known(f"said.{general}", sentence)

    def number(self, value: float) -> str:
        """A number, grouped by thousands and with the decimal sign of the language; at most three decimals."""
        return _number(self.lang, value)

    def percent(self, share: float) -> str:
        """A share of 1 as the language writes it, to a whole percent: 12 %."""
        return str(format_percent(share, locale=_locale(self.lang)))

    def date(self, day: date | datetime | None) -> str:
        """A day in words: 1 July 2024, 1er juillet 2024; empty for None."""
        if day is None:
            return ""
        pattern = self.said_by.plain["date.first" if day.day == 1 else "date.day"]
        return _day(self.lang, day.date() if isinstance(day, datetime) else day, pattern)

    def moment(self, at: datetime | str, *, seconds: bool = False) -> str:
        """A day and the time of it in UTC, which is named: 1 July 2024, 14:05 UTC. A string is of ISO 8601."""
        exact = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
        pattern = self.said_by.plain["date.clock.seconds" if seconds else "date.clock"]
        return self.t("date.moment", day=self.date(exact), time=format_time(exact, pattern, locale=_locale(self.lang)))

    def together(self, items: Iterable[str]) -> str:
        """Several names in one sentence: A, B et C."""
        return str(format_list(list(items), locale=_locale(self.lang)))

    def in_order(self, items: Iterable[_T], name: Callable[[_T], str]) -> list[_T]:
        """`items` in the order in which a reader looks for their names."""
        return sorted(items, key=lambda item: sort_key(name(item)))


def texts_of(lang: str) -> Texts:
    """The words of one of LANGUAGES, read once. KeyError for another."""
    return _read(lang, _folders[lang])


@contextmanager
def more_languages(folder: Path | None) -> Iterator[None]:
    """The languages that a folder has catalogues for, beside or instead of ours, for as long as this stands."""
    before = dict(_folders)
    _hold(before | dict.fromkeys(offered(folder), folder) if folder else before)
    try:
        yield
    finally:
        _hold(before)


def _hold(folders: Mapping[str, Path]) -> None:
    added = dict(folders)
    _folders.clear()
    _folders.update(added)
    _languages[:] = _folders


@lru_cache(maxsize=64)
def _read(lang: str, folder: Path) -> Texts:
    return Texts(lang, read_catalogue(lang, folder))


@lru_cache(maxsize=64)
def _locale(code: str) -> Locale:
    return Locale.parse(code, sep="-")


@lru_cache(maxsize=256)
def _own_name(code: str) -> str:
    if code == "und":  # what BCP 47 calls undetermined, CLDR takes for its root, which is English
        return code
    try:
        name = _locale(code).get_display_name() or code
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=_KEPT)
def _number(lang: str, value: float) -> str:
    return str(format_decimal(value, locale=_locale(lang)))


@lru_cache(maxsize=_KEPT)
def _day(lang: str, day: date, pattern: str) -> str:
    return str(format_date(day, pattern, locale=_locale(lang)))
