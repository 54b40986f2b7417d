"""The questions search asks PostgreSQL."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import repeat
from typing import Any

from services.policy.search import ranking
from services.policy.search.corrections import WordUse
from services.policy.search.days import of_both, of_current, of_past
from services.policy.search.domain import Analysed, Facet, Filters, Found, Passage, Sort
from services.policy.search.figures import Figures
from services.policy.search.languages import ANALYSES
from services.policy.search.operators import Atom, Exact, compose
from services.policy.search.question import Question
from services.policy.search.ranking import Candidate, Term
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
_FINDING = {
    (name, analysis): sql.replace("'english'", f"'{analysis}'")
    for name, sql in load_queries(__file__, "finding.sql").items()
    for analysis in ANALYSES
}
Place = tuple[int, int]
"""Document id and place of a passage."""


@cache
def _finding(name: str, analysis: str, as_of: bool) -> tuple[str, ...]:
    """The statements that together find passages: of what is current one, of a day two."""
    sql = _FINDING[name, analysis]
    return (of_current(sql), of_past(sql)) if as_of else (sql,)


@cache
def _named(name: str, as_of: bool) -> str:
    return of_both(_SQL[name]) if as_of else _SQL[name]


def _day(as_of: date | None) -> tuple[date, ...]:
    return () if as_of is None else (as_of,)


async def held_languages(connection: Connection) -> tuple[str, ...]:
    """Languages with at least one indexed text."""
    return tuple(row["lang"] for row in await connection.fetch(_SQL["held_languages"]))


async def find_all_words(
    connection: Connection, question: Question, analysis: str, langs: Sequence[str], filters: Filters, figures: Figures
) -> Found:
    """What one analysis reads in the question, and the passages with all its words, its phrase, or an exact key."""
    kept = figures.kept()
    parts = await _parts(connection, question, analysis) if question.alternatives else _Parts()
    parts = replace(parts, terms=kept.settle(parts.terms))
    arguments = (
        question.asked_in(analysis),
        "" if question.alternatives else question.plain,
        parts.ask,
        [term.stem for term in parts.terms],
        [term.passages for term in parts.terms],
        [term.prefix for term in parts.terms],
        question.has_operators,
        list(langs),
        filters.jurisdiction,
        filters.kind,
        filters.status,
        filters.subject,
        filters.since,
        filters.until,
        filters.narrows,
        list(question.keys),
        list(question.section_keys),
        question.section,
        list(ranking.KEYS),
        list(ranking.KEYS.values()),
        parts.exact.provision,
        parts.exact.work,
        ranking.CANDIDATES,
        ranking.EXACT_CANDIDATES,
        ranking.PHRASE_TERM_LIMIT,
        list(ranking.PLACE_WEIGHTS),
        ranking.LENGTH_PIVOT,
        ranking.LENGTH_SLOPE,
        kept.passages,
        list(kept.stems),
        list(kept.stems.values()),
        *_day(filters.as_of),
    )
    found = [
        _all_words(await connection.fetchrow(sql, *arguments), parts, analysis, langs)
        for sql in _finding("all_words", analysis, filters.as_of is not None)
    ]
    figures.use(found[0].asked.passages, found[0].asked.terms)
    return Found(found[0].asked, [c for one in found for c in one.candidates], any(one.capped for one in found))


def _all_words(row: Any, parts: "_Parts", analysis: str, langs: Sequence[str]) -> Found:
    assert row is not None, "the query yields one row always"  # noqa: S101 - for the type checker
    terms = parts.terms or tuple(map(Term, row["stems"], row["uses"]))
    asked = Analysed(analysis, tuple(langs), row["ask"], terms, row["passages"], parts.exact)
    keys: dict[Place, list[str]] = defaultdict(list)
    for document_id, place, kind in zip(row["named_documents"], row["named_places"], row["named_kinds"], strict=True):
        keys[document_id, place].append(kind)
    columns = [row[name] for name in ("document_ids", "places", "in_force", "bare", "phrase", "scores")]
    named = map(keys.get, zip(columns[0], columns[1], strict=True)) if keys else repeat(None, len(columns[0]))
    found = list(map(Candidate._make, zip(*columns, named, strict=True)))
    return Found(asked, found, row["capped"])


@dataclass(frozen=True, slots=True)
class _Parts:
    """A question with operators of ours: a tsquery that may match too much, what must match besides, and its terms."""

    ask: str = ""
    exact: Exact = field(default_factory=Exact)
    terms: tuple[Term, ...] = ()


async def _parts(connection: Connection, question: Question, analysis: str) -> _Parts:
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
    return _Parts(ask, exact, tuple(sorted(terms, key=lambda term: (term.stem, term.prefix))))


async def find_any_word(connection: Connection, asked: Analysed, query: str, filters: Filters) -> Found:
    """Passages that match the tsquery `query`: any of the words, of which all count."""
    arguments = (
        filters.subject,
        list(asked.langs),
        query,
        filters.jurisdiction,
        [term.query for term in asked.terms],
        [term.passages for term in asked.terms],
        filters.kind,
        filters.status,
        ranking.RARE_ENOUGH,
        list(ranking.QUESTION_WEIGHTS),
        ranking.QUESTION_LENGTH,
        ranking.QUESTION_LENGTH_SHARE,
        filters.since,
        filters.until,
        filters.narrows,
        asked.passages,
        *_day(filters.as_of),
    )
    found: list[Candidate] = []
    capped = False
    for sql in _finding("any_word", asked.analysis, filters.as_of is not None):
        rows = await connection.fetch(sql, *arguments)
        found += [Candidate(*row[:-1]) for row in rows]
        capped = capped or (bool(rows) and rows[0]["capped"])
    return Found(asked, found, capped)


async def first(connection: Connection, asked: Analysed, query: str, filters: Filters, sort: Sort) -> list[Place]:
    """The first SORTED_CANDIDATES of all that match the tsquery, by date or title."""
    arguments = (
        filters.subject, list(asked.langs), query, filters.jurisdiction,
        filters.kind, filters.status, filters.since, filters.until, sort, filters.narrows, ranking.SORTED_CANDIDATES,
        asked.exact.provision, asked.exact.work, *_day(filters.as_of),
    )  # fmt: skip
    statements = _finding("first", asked.analysis, filters.as_of is not None)
    rows = [row for sql in statements for row in await connection.fetch(sql, *arguments)]
    return [(row["document_id"], row["place"]) for row in rows]


async def sort_keys(
    connection: Connection, document_ids: Collection[int], sort: Sort, as_of: date | None = None
) -> dict[int, int | str]:
    """What puts the passages of each version in ascending order: newest first, or by title."""
    rows = await connection.fetch(_named("sort_keys", as_of is not None), list(document_ids), *_day(as_of))
    return {r["document_id"]: -r["date"].toordinal() if sort == "date" else r["sort_title"] for r in rows}


async def facets(
    connection: Connection, places: Sequence[Place], wanted: Sequence[Facet], as_of: date | None = None
) -> dict[Facet, list[tuple[str, int]]]:
    """The values of each wanted facet among `places` with their counts, most frequent first."""
    sql = _named("facets", as_of is not None)
    columns = [p[0] for p in places], [p[1] for p in places]
    return _counted(await connection.fetch(sql, *columns, list(wanted), *_day(as_of)), wanted)


async def all_facets(
    connection: Connection, asked: Sequence[Analysed], queries: Mapping[str, str], filters: Filters,
    wanted: Sequence[Facet],
) -> dict[Facet, list[tuple[str, int]]]:  # fmt: skip
    """The same among all passages that match `queries` (a tsquery for each analysis), also those not ranked."""
    rows = []
    for one in asked:
        for sql in _finding("all_facets", one.analysis, filters.as_of is not None):
            rows += await connection.fetch(
                sql, filters.subject, list(one.langs), queries[one.analysis], filters.jurisdiction, filters.kind,
                filters.status, filters.since, filters.until, filters.narrows, one.exact.provision, one.exact.work,
                list(wanted), *_day(filters.as_of),
            )  # fmt: skip
    return _counted(rows, wanted)


def _counted(rows: Sequence[Any], wanted: Sequence[Facet]) -> dict[Facet, list[tuple[str, int]]]:
    counts: dict[Facet, Counter[str]] = {facet: Counter() for facet in wanted}
    for row in rows:
        counts[row["name"]][row["value"]] += row["count"]
    return {facet: sorted(count.items(), key=lambda one: (-one[1], one[0])) for facet, count in counts.items()}


async def literal(connection: Connection, places: Sequence[Place], key: str, as_of: date | None = None) -> set[Place]:
    """Those of `places` whose text holds the words of `key` just so."""
    sql = _named("literal", as_of is not None)
    rows = await connection.fetch(sql, [p[0] for p in places], [p[1] for p in places], key, *_day(as_of))
    return {(row["document_id"], row["place"]) for row in rows}


async def describe(
    connection: Connection, places: Sequence[Place], query: str, as_of: date | None = None
) -> list[Passage]:
    """What is at `places`, in their order; a place taken out of the index meanwhile is left out."""
    documents, numbers = [p[0] for p in places], [p[1] for p in places]
    rows = await connection.fetch(_named("describe", as_of is not None), documents, numbers, query, *_day(as_of))
    return [Passage._make(row.values()) for row in rows]


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


async def titles(
    connection: Connection, analysis: str, langs: Sequence[str], words: Sequence[str], limit: int
) -> list[Any]:
    """Works with all of the folded `words` in their titles, of the last only the beginning; shortest titles first."""
    atoms = [Atom(word, "title", prefix=False) for word in words[:-1]]
    if words and len(words[-1]) > 1:
        atoms.append(Atom(words[-1], "title", prefix=True))
    if not atoms:
        return []
    rows = await connection.fetch(_SQL["parts"], analysis, [a.text for a in atoms], [a.prefix for a in atoms])
    _, exact = compose([[(atom, row["query"]) for atom, row in zip(atoms, rows, strict=True)]])
    return await connection.fetch(_SQL["titles"], list(langs), exact.work, limit) if exact.work else []


async def places(connection: Connection, wanted: Sequence[Place]) -> list[Any]:
    """The works and eids behind suggestions."""
    return await connection.fetch(_SQL["places"], [p[0] for p in wanted], [p[1] for p in wanted])
