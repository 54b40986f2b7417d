"""Completions while somebody types: what begins so, then titles that contain or resemble it."""

from collections.abc import Sequence
from typing import Any

from services.policy.search import repo
from services.policy.search.domain import Suggestion
from services.policy.search.keys import citation_key, key_of, looks_like_citation
from shared.db import Connection, Database

KINDS = ("title", "citation", "term", "note")
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
            found += await repo.resemble(connection, langs, prefix, limit)
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


def _different(rows: Sequence[Any]) -> list[Any]:
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        name = row["kind"], row["text"]  # a title has a second key, without the word for its kind
        if name not in seen:
            seen.add(name)
            kept.append(row)
    return kept
