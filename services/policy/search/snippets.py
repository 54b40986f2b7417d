"""The part of a text that shows why it was found: a short window, with the words that hit marked."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from services.policy.search.keys import fold

WIDTH = 240
"""Characters of a snippet, about."""
_READ = 50_000  # characters looked through; a text that hits only further on is shown from its beginning
_WORD = re.compile(r"[^\W_]+")
_OE, _OE_SIGN = "œ", "\xf8"


class Segment(NamedTuple):
    """A run of a snippet; `hit` says that it is one of the query's words."""

    text: str
    hit: bool


class Word(NamedTuple):
    """A word of a text that may be a hit: where it stands, and folded. A tuple, since a page has hundreds."""

    start: int
    end: int
    folded: str


def likely_words(text: str, stems: Collection[str]) -> list[Word]:
    """The words of `text` that begin like one of `stems`, whatever their case and accents."""
    text = text[:_READ]
    plain = _plain(text)
    beginnings = {stem[: max(2, len(stem) - 2)] for stem in stems}
    if any(beginning.startswith("oe") for beginning in beginnings):
        beginnings.add(_OE_SIGN)
    words = []
    for start in sorted({at for beginning in beginnings if beginning for at in _word_starts(plain, beginning)}):
        found = _WORD.match(text, start)
        if found is not None:
            end = found.end()
            folded = plain[start:end]  # already so, nearly always
            words.append(Word(start, end, folded if folded.isascii() and folded.isalnum() else fold(found[0])))
    return words


def _word_starts(plain: str, beginning: str) -> Iterator[int]:
    at = plain.find(beginning)
    while at != -1:
        if at == 0 or not plain[at - 1].isalnum():
            yield at
        at = plain.find(beginning, at + 1)


def _plain(text: str) -> str:
    """`text` in lower case without accents, character by character, so that places stay the same."""
    if text.isascii():
        return text.lower()
    try:
        # Western European text, nearly always: twenty times as quick as translating characters.
        return text.encode("cp1252").translate(_byte_bases()).decode("latin-1")
    except UnicodeEncodeError:
        return text.translate({ord(sign): _base(sign) for sign in set(text)})


def _base(sign: str) -> str:
    lower = sign.lower() if len(sign.lower()) == 1 else sign
    return _bases().get(ord(lower), lower)


@cache
def _bases() -> dict[int, str]:
    """The letter under each accented Latin letter; the ligature of o and e keeps a sign of its own."""
    bases = {code: unicodedata.normalize("NFKD", chr(code))[0].lower() for code in range(0xC0, 0x250)}
    return {code: base for code, base in bases.items() if base.isascii()} | {ord(_OE): _OE_SIGN}


@cache
def _byte_bases() -> bytes:
    """The same for the bytes of cp1252; what is neither letter nor digit becomes a space."""
    bases = _bases()
    signs = [chr(code).encode("latin-1").decode("cp1252", "replace").lower() for code in range(256)]
    plain = [bases.get(ord(sign), sign if sign.isalnum() and sign.isascii() else " ") for sign in signs]
    return "".join(plain).encode("latin-1")


def snippet(text: str, words: Sequence[Word], stems: Collection[str], stem_of: Callable[[str], str]) -> list[Segment]:
    """The window of `text` with the most different stems, earliest first; its beginning when there is no hit.

    `words` are its likely words; `stem_of` gives the stem of a folded one.
    """
    hits = [(word, stem) for word in words if (stem := stem_of(word.folded)) in stems]
    start, end = _window(text, hits)
    return list(_segments(text, start, end, [word for word, _ in hits if start <= word.start and word.end <= end]))


def _window(text: str, hits: Sequence[tuple[Word, str]]) -> tuple[int, int]:
    if len(text) <= WIDTH:
        return 0, len(text)
    first, last = _best(hits)
    spare = max(0, WIDTH - (last - first))
    start = max(0, first - spare // 3)
    end = min(len(text), start + max(WIDTH, last - first))
    start = max(0, min(start, end - WIDTH))
    return _word_edge(text, start, forwards=True, limit=first), _word_edge(text, end, forwards=False, limit=last)


def _best(hits: Sequence[tuple[Word, str]]) -> tuple[int, int]:
    """Where the best run of hits that fits into a window begins and ends: most different stems, then most hits."""
    if not hits:
        return 0, 0
    best, score = (hits[0][0].start, hits[0][0].end), (0, 0)
    within: Counter[str] = Counter()
    first = 0
    for index, (word, stem) in enumerate(hits):
        within[stem] += 1
        while first < index and word.end - hits[first][0].start > WIDTH:
            left = hits[first][1]
            within[left] -= 1
            if not within[left]:
                del within[left]
            first += 1
        found = len(within), index - first + 1
        if found > score:
            best, score = (hits[first][0].start, word.end), found
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
    for hit in hits:
        plain += text[at : hit.start]
        if plain:
            yield Segment(plain, False)
        yield Segment(text[hit.start : hit.end], True)
        at, plain = hit.end, ""
    plain += text[at:end] + (" …" if end < len(text) else "")
    if plain:
        yield Segment(plain, False)
