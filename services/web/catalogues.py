"""The catalogues of the interface: `messages.pot` says everything once in English, a `.po` file per further language.

An entry is found by its key (`msgctxt`). What a language does not say yet, says fuzzily, or says of English that has
changed since, is said in English: a page never fails for it, and `make messages` and a test tell.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
TEMPLATE = "messages.pot"
DEFAULT = "en"
"""The language of the template."""


@dataclass(frozen=True, slots=True)
class Wording:
    """English of one key; `other` is empty unless it is counted."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one language says: `plain` texts by key, and the English of `counted` ones, from which `form` starts."""

    lang: str
    plain: Mapping[str, str]
    counted: Mapping[str, Wording]
    translations: gettext.NullTranslations

    def form(self, key: str, count: int) -> str:
        """The text of a counted `key` for `count`, by the Plural-Forms of the file. KeyError for an unknown key."""
        wording = self.counted[key]
        return self.translations.npgettext(key, wording.one, wording.other, count)


def parse(path: Path) -> Catalog:
    """One file as Babel reads it. Raises PoFileError for what is not a catalogue, OSError when it cannot be read."""
    with path.open("rb") as file:
        return read_po(file, locale=None if path.suffix == ".pot" else path.stem, abort_invalid=True)


@cache
def template() -> Mapping[str, Wording]:
    """Every key of the interface and its English."""
    found: dict[str, Wording] = {}
    for message in parse(LOCALES / TEMPLATE):
        if message.id:
            one, other = message.id if not isinstance(message.id, str) else (message.id, "")
            found[str(message.context)] = Wording(one, other)
    return found


def offered(folder: Path) -> tuple[str, ...]:
    """The languages that a folder has a file for, in order of their codes."""
    return tuple(sorted(path.stem for path in folder.glob("*.po")))


def read_catalogue(lang: str, folder: Path) -> Catalogue:
    """The catalogue of a language: English, or the one of `folder/{lang}.po`."""
    translations = gettext.NullTranslations() if lang == DEFAULT else _compiled(folder / f"{lang}.po")
    wordings = template()
    return Catalogue(
        lang,
        {key: translations.pgettext(key, said.one) for key, said in wordings.items() if not said.other},
        {key: said for key, said in wordings.items() if said.other},
        translations,
    )


def _compiled(path: Path) -> gettext.NullTranslations:
    """The file as gettext uses it: without fuzzy and empty entries."""
    compiled = BytesIO()
    write_mo(compiled, parse(path))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
