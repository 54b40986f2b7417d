"""The questions search asks PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Any

from services.policy.search import ranking
from services.policy.search.corrections import WordUse
from services.policy.search.domain import Analysed, Facet, Filters, Found, Passage, Sort
from services.policy.search.languages import ANALYSES
from services.policy.search.operators import compose
from services.policy.search.question import Question
from services.policy.search.ranking import Candidate, Term
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
_FIND, _FIRST = (
    {analysis: _SQL[name].replace("'english'", f"'{analysis}'") for analysis in ANALYSES} for name in ("find", "first")
)
Place = tuple[int, int]
"""Version id and ordinal of a passage."""


async def held_languages(connection: Connection) -> tuple[str, ...]:
    """Languages with at least one indexed text."""
    return tuple(row["lang"] for row in await connection.fetch(_SQL["held_languages"]))


async def analyse(connection: Connection, question: Question, analysis: str, langs: Sequence[str]) -> Analysed:
    """How one analysis reads the question."""
    if question.alternatives:
        return await _analyse_parts(connection, question, analysis, langs)
    row = await connection.fetchrow(_SQL["analyse"], analysis, question.asked_in(analysis), question.plain)
    assert row is not None, "the query yields one row always"  # noqa: S101 - for the type checker
    terms = tuple(map(Term, row["stems"], row["counts"]))
    return Analysed(analysis, tuple(langs), row["ask"], row["phrase"], terms, row["passages"])


async def _analyse_parts(connection: Connection, question: Question, analysis: str, langs: Sequence[str]) -> Analysed:
    atoms = [atom for group in question.alternatives for atom in group]
    rows = await connection.fetch(_SQL["parts"], analysis, [a.text for a in atoms], [a.prefix for a in atoms])
    query_of = {id(atom): row["query"] for atom, row in zip(atoms, rows, strict=True)}
    ask, exact = compose([[(atom, query_of[id(atom)]) for atom in group] for group in question.alternatives])
    terms = {
        Term(stem, uses, atom.prefix)
        for atom, row in zip(atoms, rows, strict=True)
        for stem, uses in zip(row["stems"], row["counts"], strict=True)
        if not atom.negated
    }
    ordered = sorted(terms, key=lambda term: (term.stem, term.prefix))
    return Analysed(analysis, tuple(langs), ask, "", tuple(ordered), rows[0]["passages"], exact)


async def find(
    connection: Connection,
    asked: Analysed,
    query: str,
    filters: Filters,
    *,
    phrase: str = "",
    question: Question | None = None,
    most: int | None = None,
    length_slope: float = ranking.LENGTH_SLOPE,
) -> Found:
    """Passages that match the tsquery `query`, hold `phrase` (a tsquery too), or have an exact key of `question`.

    Of each way of finding at most `most` (CANDIDATES) are taken; `length_slope` says how much less long passages count.
    """
    rows = await connection.fetch(
        _FIND[asked.analysis],
        filters.subject,
        list(asked.langs),
        query,
        phrase,
        list(question.keys) if question else [],
        [term.query for term in asked.terms],
        [ranking.weight(term, asked.passages) for term in asked.terms],
        filters.jurisdiction,
        filters.kind,
        filters.status,
        ranking.CANDIDATES if most is None else most,
        ranking.EXACT_CANDIDATES,
        list(ranking.PLACE_WEIGHTS),
        ranking.LENGTH_PIVOT,
        length_slope,
        list(question.section_keys) if question else [],
        question.section if question else "",
        filters.since,
        filters.until,
        filters.narrows,
        asked.exact.provision if asked.exact else "",
        asked.exact.work if asked.exact else "",
    )
    return Found([_candidate(row) for row in rows], bool(rows) and rows[0]["capped"])


def _candidate(row: Any) -> Candidate:
    return Candidate(
        row["version_id"], row["ordinal"], row["key"], row["phrase"], row["status"] == "in-force", row["bare"],
        row["score"],
    )  # fmt: skip


async def first(connection: Connection, asked: Analysed, query: str, filters: Filters, sort: Sort) -> list[Place]:
    """The first SORTED_CANDIDATES of all that match the tsquery, by date or title."""
    rows = await connection.fetch(
        _FIRST[asked.analysis], filters.subject, list(asked.langs), query, filters.jurisdiction, filters.kind,
        filters.status, filters.since, filters.until, sort, filters.narrows, ranking.SORTED_CANDIDATES,
        asked.exact.provision if asked.exact else "", asked.exact.work if asked.exact else "",
    )  # fmt: skip
    return [(row["version_id"], row["ordinal"]) for row in rows]


async def sort_keys(connection: Connection, version_ids: Collection[int], sort: Sort) -> dict[int, int | str]:
    """What puts the passages of each version in ascending order: newest first, or by title."""
    rows = await connection.fetch(_SQL["sort_keys"], list(version_ids))
    return {r["version_id"]: -r["date"].toordinal() if sort == "date" else r["sort_title"] for r in rows}


async def facets(
    connection: Connection, places: Sequence[Place], wanted: Sequence[Facet]
) -> dict[Facet, list[tuple[str, int]]]:
    """The values of each wanted facet among `places` with their counts, most frequent first."""
    rows = await connection.fetch(_SQL["facets"], [p[0] for p in places], [p[1] for p in places], list(wanted))
    found: dict[Facet, list[tuple[str, int]]] = {facet: [] for facet in wanted}
    for row in rows:
        found[row["name"]].append((row["value"], row["count"]))
    return found


async def literal(connection: Connection, places: Sequence[Place], key: str) -> set[Place]:
    """Those of `places` whose text holds the words of `key` just so."""
    rows = await connection.fetch(_SQL["literal"], [p[0] for p in places], [p[1] for p in places], key)
    return {(row["version_id"], row["ordinal"]) for row in rows}


async def describe(connection: Connection, places: Sequence[Place], query: str) -> list[Passage]:
    """What is at `places`, in their order; a place taken out of the index meanwhile is left out."""
    versions, ordinals = [p[0] for p in places], [p[1] for p in places]
    rows = await connection.fetch(_SQL["describe"], versions, ordinals, query)
    return [Passage(**{**row, "path": tuple(part for part in row["path"] if part)}) for row in map(dict, rows)]


async def stems(connection: Connection, analysis: str, words: Collection[str]) -> dict[str, str]:
    """The stem of each word; empty for stop words."""
    return {row["word"]: row["stem"] for row in await connection.fetch(_SQL["stems"], analysis, list(words))}


async def word_uses(connection: Connection, analysis: str, words: Sequence[str]) -> list[WordUse]:
    """How each of the folded `words` is used; stop words are left out."""
    rows = await connection.fetch(_SQL["word_uses"], analysis, list(words))
    return [WordUse(row["word"], row["passages"], row["prominent"]) for row in rows]


async def similar_words(connection: Connection, analysis: str, word: str) -> list[tuple[str, int]]:
    """Known words that resemble `word`, with how often they are used."""
    return [(row["word"], row["uses"]) for row in await connection.fetch(_SQL["similar_words"], analysis, word)]


async def complete(
    connection: Connection, langs: Sequence[str], prefix: str, citation_prefix: str, kinds: Sequence[str], limit: int
) -> list[Any]:
    """Keys of the given kinds that begin with the prefix, different ones only, in the order of kinds."""
    return await connection.fetch(_SQL["complete"], list(langs), prefix, citation_prefix, list(kinds), limit)


async def resemble(connection: Connection, langs: Sequence[str], prefix: str, limit: int) -> list[Any]:
    """Titles with a word that begins with the prefix, then those that resemble it."""
    return await connection.fetch(_SQL["resemble"], list(langs), prefix, limit)


async def places(connection: Connection, wanted: Sequence[Place]) -> list[Any]:
    """The works and eids behind suggestions."""
    return await connection.fetch(_SQL["places"], [p[0] for p in wanted], [p[1] for p in wanted])
