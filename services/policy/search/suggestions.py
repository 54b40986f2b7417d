"""Completions while somebody types: what begins so, then titles that have its words, then those with mended words."""

from collections.abc import Sequence
from typing import Any

from services.policy.search import repo
from services.policy.search.corrections import closest
from services.policy.search.domain import Suggestion
from services.policy.search.keys import citation_key, key_of, looks_like_citation
from services.policy.search.languages import by_analysis
from shared.db import Connection, Database

KINDS = ("title", "citation", "term", "note")
_MENDED = 3  # words
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


async def suggest(database: Database, text: str, *, lang: str | None, limit: int) -> list[Suggestion]:
    """At most `limit` completions of `text`, no two the same words of one kind. Raises Unavailable."""
    prefix = key_of(text)
    if not prefix:
        return []
    async with database.connection() as connection:
        langs = (lang,) if lang else await repo.held_languages(connection)
        found = await _begin_so(connection, langs, text, prefix, limit)
        if len(found) < limit:
            found += await _with_words(connection, langs, prefix, limit)
        if not found:
            found = await _with_words(connection, langs, prefix, limit, mend=True)
        chosen = _different(found)[:limit]
        if not chosen:
            return []
        places = await repo.places(connection, [(row["document_id"], row["place"]) for row in chosen])
    if len(places) != len(chosen):  # a text left the index between the two statements
        return []
    return [
        Suggestion(
            row["text"], row["kind"], place["jurisdiction"], place["kind"], place["number"], place["title"],
            place["lang"], place["date"], place["eid"],
        )
        for row, place in zip(chosen, places, strict=True)
    ]  # fmt: skip


async def _begin_so(connection: Connection, langs: Sequence[str], text: str, prefix: str, limit: int) -> list[Any]:
    citation = citation_key(text) if looks_like_citation(text) else ""
    found = await repo.complete(connection, langs, prefix, citation, KINDS, limit)
    return sorted(found, key=lambda row: _ORDER[row["kind"]])  # stable: within a kind as they came


async def _with_words(
    connection: Connection, langs: Sequence[str], prefix: str, limit: int, *, mend: bool = False
) -> list[Any]:
    found = []
    for analysis, group in by_analysis(langs):
        words = prefix.split()
        mended = await _mended(connection, analysis, words) if mend else words
        if mended != words or not mend:
            found += await repo.titles(connection, analysis, group, mended, limit)
    return sorted(found, key=lambda row: len(row["text"]))


async def _mended(connection: Connection, analysis: str, words: Sequence[str]) -> list[str]:
    """`words` with those that no title, note or term has in place of which one is meant."""
    known = {use.word for use in await repo.word_uses(connection, analysis, words) if use.prominent}
    unknown = [word for word in words if word not in known and word.isalpha() and len(word) > 2][:_MENDED]
    better = {word: closest(word, await repo.similar_words(connection, analysis, word)) for word in unknown}
    return [better.get(word) or word for word in words]


def _different(rows: Sequence[Any]) -> list[Any]:
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        name = row["kind"], row["text"]  # a title has a second key, without the word for its kind
        if name not in seen:
            seen.add(name)
            kept.append(row)
    return kept
