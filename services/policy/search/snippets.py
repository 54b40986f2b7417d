"""The part of a text that shows why it was found: a short window, with the words that hit marked."""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from services.policy.search.keys import fold

WIDTH = 240
"""Characters of a snippet, about."""
_READ = 50_000  # characters looked through; a text that hits only further on is shown from its beginning


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of a snippet; `hit` says that it is one of the query's words."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text that may be a hit: where it stands, and folded."""

    start: int
    end: int
    folded: str


def likely_words(text: str, stems: Collection[str]) -> list[Word]:
    """The words of `text` that begin like one of `stems`, whatever their case and accents."""
    pattern = _beginning_like(frozenset(stem[:2] for stem in stems if stem))
    if pattern is None:
        return []
    return [Word(found.start(), found.end(), fold(found[0])) for found in pattern.finditer(text[:_READ])]


def snippet(text: str, words: Sequence[Word], stems: Collection[str], stem_of: Callable[[str], str]) -> list[Segment]:
    """The window of `text` with the most different stems, earliest first; its beginning when there is no hit.

    `words` are its likely words; `stem_of` gives the stem of a folded one.
    """
    hits = [(word, stem) for word in words if (stem := stem_of(word.folded)) in stems]
    start, end = _window(text, hits)
    return list(_segments(text, start, end, [word for word, _ in hits if start <= word.start and word.end <= end]))


@cache
def _variants() -> dict[str, str]:
    """Base letter -> the accented forms of it, among the Latin letters."""
    variants: dict[str, str] = defaultdict(str)
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFKD", chr(code))[0].lower()
        if base.isascii():
            variants[base] += chr(code)
    return dict(variants)


@cache
def _letter(letter: str) -> str:
    return f"[{re.escape(letter)}{_variants().get(letter, '')}]"


def _beginning_like(beginnings: frozenset[str]) -> re.Pattern[str] | None:
    if not beginnings:
        return None
    ligatures = {"oe": "œ", "ae": "æ"}
    ways = ["".join(map(_letter, beginning)) for beginning in sorted(beginnings)]
    ways += [ligature for pair, ligature in ligatures.items() if pair in beginnings]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(ways)})[^\W_]*", re.IGNORECASE)


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
    """Where the best run of hits that fits into a window begins and ends."""
    if not hits:
        return 0, 0
    starts = [word.start for word, _ in hits]
    best, score = (hits[0][0].start, hits[0][0].end), (0, 0)
    for index, (word, _) in enumerate(hits):
        until = bisect_right(starts, word.start + WIDTH - 40)
        within = [hit for hit in hits[index:until] if hit[0].end - word.start <= WIDTH] or [hits[index]]
        found = len({stem for _, stem in within}), len(within)
        if found > score:
            best, score = (word.start, within[-1][0].end), found
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
