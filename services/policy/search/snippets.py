"""The part of a text that shows why it was found: a short window, with the words that hit marked."""

import codecs
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from services.policy.search.keys import fold

WIDTH = 240
"""Characters of a snippet, about."""
GLANCE = 4_000
"""Characters that are looked through first: a text is read on only where they do not have all that is looked for."""
READ = 50_000
"""Characters looked through; a text that hits only further on is shown from its beginning."""
_OE, _OE_SIGN = "œ", "\xf8"


class Segment(NamedTuple):
    """A run of a snippet; `hit` says that it is one of the query's words."""

    text: str
    hit: bool


Word = tuple[int, int, str]
"""A word of a text that may be a hit: where it begins and ends, and folded. A plain tuple; a page has hundreds."""


def likely_words(text: str, stems: Collection[str], most: int = READ) -> list[Word]:
    """The words of the first `most` characters of `text` that begin like one of `stems`, whatever case and accents."""
    plain = f" {_plain(text[:most])} "
    starts: set[int] = set()
    for beginning in _beginnings(frozenset(stems)):
        # The space before the word is where it begins in the text itself.
        at = plain.find(beginning)
        while at != -1:
            starts.add(at)
            at = plain.find(beginning, at + 1)
    words = []
    for start in sorted(starts):
        end = plain.find(" ", start + 1) - 1
        if end == most < len(text):
            break  # it goes on behind what is looked through
        folded = plain[start + 1 : end + 1]  # already so, nearly always
        words.append((start, end, folded if folded.isascii() else fold(text[start:end])))
    return words


def has_all(words: Sequence[Word], stems: Collection[str], stem_of: Callable[[str], str]) -> bool:
    """Whether each of `stems` is that of one of the `words`."""
    return len(stems) <= len(words) and {stem_of(folded) for _, _, folded in words}.issuperset(stems)


@lru_cache(maxsize=256)
def _beginnings(stems: frozenset[str]) -> list[str]:
    """What words with these stems begin with, behind a space. Endings change a stem's last letters."""
    beginnings = {stem[: max(2, len(stem) - 2)] for stem in stems if stem}
    if any(beginning.startswith("oe") for beginning in beginnings):
        beginnings.add(_OE_SIGN)
    return [f" {beginning}" for beginning in beginnings]


def _plain(text: str) -> str:
    """`text` in lower case, without accents, with spaces for all that is no letter or digit: character by character, so
    that places stay the same."""
    try:
        # Western European text, nearly always: twenty times as quick as translating characters.
        coded = text.encode() if text.isascii() else text.encode("cp1252", _SPACED)
        return coded.translate(_byte_bases()).decode("latin-1")
    except UnicodeEncodeError:
        return text.translate({ord(sign): _base(sign) for sign in set(text)})


def _spaced(error: UnicodeError) -> tuple[str, int]:
    """Spaces for signs that cp1252 lacks (a minus, a prime), as for all others; letters it lacks are translated."""
    if isinstance(error, UnicodeEncodeError):
        strange = error.object[error.start : error.end]
        if not any(map(str.isalnum, strange)):
            return " " * len(strange), error.end
    raise error


_SPACED = "openpolicy.spaced"
codecs.register_error(_SPACED, _spaced)


def _base(sign: str) -> str:
    lower = sign.lower() if len(sign.lower()) == 1 else sign
    return _bases().get(ord(lower), lower if sign.isalnum() else " ")


@cache
def _bases() -> dict[int, str]:
    """The letter under each accented Latin letter; the ligature of o and e keeps a sign of its own."""
    bases = {code: unicodedata.normalize("NFKD", chr(code))[0].lower() for code in range(0xC0, 0x250)}
    return {code: base for code, base in bases.items() if base.isascii()} | {ord(_OE): _OE_SIGN}


@cache
def _byte_bases() -> bytes:
    """The same for the bytes of cp1252; letters without a base share the ligature's sign."""
    bases = _bases()
    signs = [chr(code).encode("latin-1").decode("cp1252", "replace").lower() for code in range(256)]
    plain = [
        bases.get(ord(sign), " " if not sign.isalnum() else sign if sign.isascii() else _OE_SIGN) for sign in signs
    ]
    return "".join(plain).encode("latin-1")


def snippet(text: str, words: Sequence[Word], stems: Collection[str], stem_of: Callable[[str], str]) -> list[Segment]:
    """The window of `text` with the most different stems, earliest first; its beginning when there is no hit.

    `words` are its likely words; `stem_of` gives the stem of a folded one.
    """
    hits = [(start, end, stem) for start, end, folded in words if (stem := stem_of(folded)) in stems]
    start, end = _window(text, hits)
    return list(_segments(text, start, end, hits))


def _window(text: str, hits: Sequence[Word]) -> tuple[int, int]:
    if len(text) <= WIDTH:
        return 0, len(text)
    first, last = _best(hits)
    spare = max(0, WIDTH - (last - first))
    start = max(0, first - spare // 3)
    end = min(len(text), start + max(WIDTH, last - first))
    start = max(0, min(start, end - WIDTH))
    return _word_edge(text, start, forwards=True, limit=first), _word_edge(text, end, forwards=False, limit=last)


def _best(hits: Sequence[Word]) -> tuple[int, int]:
    """Where the best run of hits that fits into a window begins and ends: most different stems, then most hits."""
    if not hits:
        return 0, 0
    best, score = hits[0][:2], (0, 0)
    within: dict[str, int] = {}
    first = 0
    for index, (_, end, stem) in enumerate(hits):
        within[stem] = within.get(stem, 0) + 1
        while first < index and end - hits[first][0] > WIDTH:
            left = hits[first][2]
            within[left] -= 1
            if not within[left]:
                del within[left]
            first += 1
        found = len(within), index - first + 1
        if found > score:
            best, score = (hits[first][0], end), found
    return best


def _word_edge(text: str, at: int, *, forwards: bool, limit: int) -> int:
    """The nearest place inside the window where no word is cut, not beyond `limit`."""
    if at in (0, len(text)):
        return at
    if forwards:
        space = text.find(" ", at, limit)
        return space + 1 if space != -1 else at
    space = text.rfind(" ", limit, at)
    return space if space != -1 else at


def _segments(text: str, start: int, end: int, hits: Sequence[Word]) -> Iterator[Segment]:
    at = start
    plain = "… " if start else ""
    for begins, ends, _ in hits:
        if begins < start or end < ends:
            continue
        plain += text[at:begins]
        if plain:
            yield Segment(plain, False)
        yield Segment(text[begins:ends], True)
        at, plain = ends, ""
    plain += text[at:end] + (" …" if end < len(text) else "")
    if plain:
        yield Segment(plain, False)
