"""Searching: analyse, find, rank, and describe one page."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from services.policy.search import repo
from services.policy.search.corrections import better_word, suspicion
from services.policy.search.domain import Analysed, Facet, Filters, Found, Hit, Page, Passage, Ranking, Sort
from services.policy.search.keys import key_of
from services.policy.search.languages import analysis_of
from services.policy.search.passages import WORK
from services.policy.search.question import Question
from services.policy.search.ranking import (
    LITERAL_CANDIDATES,
    PHRASE_TERM_LIMIT,
    QUESTION_LENGTH_SLOPE,
    RARE_ENOUGH,
    SPECIFIC,
    Ranked,
    Tier,
    raised,
    rank,
    rarest,
)
from services.policy.search.snippets import Word, likely_words, snippet
from services.policy.search.sorting import in_order
from services.policy.search.stems import Stems
from shared.db import Connection, Database
from shared.paging import Position

FEW = 10
"""With fewer results, unknown words are corrected, and then any of the rarest words suffices."""


class Search:
    """Answers queries. One for each process: it remembers stems."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stems = Stems()

    async def page(
        self,
        text: str,
        *,
        lang: str | None,
        filters: Filters,
        limit: int,
        position: Position | None = None,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
    ) -> Page:
        """One page of results, from `position` on. Raises Unavailable when PostgreSQL takes too long or is away."""
        async with self._database.connection() as connection:
            ranking = await _rank(connection, Question.parse(text), lang, filters)
            if sort != "relevance":
                ranking = await in_order(connection, ranking, filters, sort)
            places = [(r.version_id, r.ordinal) for r in ranking.order]
            counted = await repo.facets(connection, places, facets) if facets else {}
        start, end = _slice(ranking.order, limit, position)
        return Page(
            await self._describe(ranking, ranking.order[start:end]),
            len(ranking.order),
            ranking.exact,
            ranking.corrected,
            ranking.order[end - 1].position if 0 < end < len(ranking.order) else None,
            ranking.order[start].position if 0 < start < len(ranking.order) else None,
            counted,
        )

    async def _describe(self, ranking: Ranking, order: Sequence[Ranked]) -> list[Hit]:
        if not order:
            return []
        query = " | ".join(f"({query})" for query in ranking.queries.values() if query)
        async with self._database.connection() as connection:
            passages = await repo.describe(connection, [(r.version_id, r.ordinal) for r in order], query)
            stems = [ranking.stems.get(passage.analysis, frozenset()) for passage in passages]
            words = [likely_words(p.text, wanted) for p, wanted in zip(passages, stems, strict=True)]
            await self._learn(connection, passages, words)
        scores = {(r.version_id, r.ordinal): r.score for r in order}
        hits = []
        for passage, wanted, likely in zip(passages, stems, words, strict=True):
            place = passage.version_id, passage.ordinal
            shown = snippet(passage.text, likely, wanted, partial(self._stem, passage.analysis, ranking.prefixes))
            hits.append(Hit(passage, _match(passage, ranking.keys.get(place, "")), scores[place], shown))
        return hits

    def _stem(self, analysis: str, prefixes: Sequence[str], word: str) -> str:
        return next(filter(word.startswith, prefixes), "") or self._stems.of(analysis, word)

    async def _learn(
        self, connection: Connection, passages: Sequence[Passage], words: Sequence[Sequence[Word]]
    ) -> None:
        by_analysis: dict[str, set[str]] = defaultdict(set)
        for passage, likely in zip(passages, words, strict=True):
            by_analysis[passage.analysis].update(word.folded for word in likely)
        for analysis, wanted in by_analysis.items():
            await self._stems.learn(connection, analysis, wanted)


async def _rank(connection: Connection, question: Question, lang: str | None, filters: Filters) -> Ranking:
    groups = _by_analysis((lang,) if lang else await repo.held_languages(connection))
    asked = [await repo.analyse(connection, question, analysis, langs) for analysis, langs in groups]
    found = [await _all_words(connection, question, one, filters) for one in asked]
    ranking = _ranking(asked, found)
    if _suffices(ranking, question):
        return await _literal_first(connection, question, ranking)
    corrected = await _corrected(connection, question, asked)
    if corrected is not None:
        question = Question.parse(corrected)
        asked = [await repo.analyse(connection, question, one.analysis, one.langs) for one in asked]
        again = [await _all_words(connection, question, one, filters) for one in asked]
        ranking = _ranking(asked, again, before=ranking, corrected=corrected)
    if not _suffices(ranking, question):
        some = [await _some_words(connection, one, filters) for one in asked]
        ranking = _ranking(asked, some, before=ranking, corrected=ranking.corrected, all_words=False)
    return await _literal_first(connection, question, ranking)


def _suffices(ranking: Ranking, question: Question) -> bool:
    """Whether nothing looser need be tried: enough is found, or the very work that was named, or operators bind us."""
    named = bool(ranking.order) and ranking.order[0].tier >= Tier.TITLE
    return len(ranking.order) >= FEW or named or question.has_operators


async def _literal_first(connection: Connection, question: Question, ranking: Ranking) -> Ranking:
    """Phrases were found by their stems; the best of them that have the query's very words come first."""
    phrases = [r for r in ranking.order if r.tier is Tier.PHRASE][:LITERAL_CANDIDATES]
    if len(phrases) < 2 or len(question.words()) < 3 or question.has_operators:
        return ranking
    places = [(r.version_id, r.ordinal) for r in phrases]
    just_so = await repo.literal(connection, places, key_of(question.plain))
    order = [raised(r) if (r.version_id, r.ordinal) in just_so else r for r in ranking.order]
    return replace(ranking, order=sorted(order, key=lambda ranked: ranked.position))


def _by_analysis(langs: Sequence[str]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for lang in langs:
        groups[analysis_of(lang)].append(lang)
    return sorted(groups.items())


async def _all_words(connection: Connection, question: Question, asked: Analysed, filters: Filters) -> Found:
    if question.has_operators and not (asked.terms and asked.ask):
        return Found([], capped=False)  # only what is not wanted: that is nearly everything
    rarest_count = min((term.passages for term in asked.terms), default=0)
    several = len(asked.terms) > 1 and rarest_count <= PHRASE_TERM_LIMIT and not question.has_operators
    phrase = asked.phrase if several else ""
    return await repo.find(connection, asked, asked.ask, filters, phrase=phrase, question=question)


async def _some_words(connection: Connection, asked: Analysed, filters: Filters) -> Found:
    query = _any_of(asked)
    if not query:
        return Found([], capped=False)
    return await repo.find(connection, asked, query, filters, most=RARE_ENOUGH, length_slope=QUESTION_LENGTH_SLOPE)


def _any_of(asked: Analysed) -> str:
    return " | ".join(term.query for term in rarest(asked.terms))


async def _corrected(connection: Connection, question: Question, asked: Sequence[Analysed]) -> str | None:
    """The question with its likely slips mended, or None. Of several languages, the one with fewest slips decides."""
    words = question.words()
    best: tuple[int, dict[str, str]] | None = None
    for one in asked:
        uses = await repo.word_uses(connection, one.analysis, words)
        suspects = [use for use in uses if suspicion(use, one.passages)]
        if not suspects:
            return None
        better = {}
        for use in suspects:
            known = await repo.similar_words(connection, one.analysis, use.word)
            if found := better_word(use, one.passages, known):
                better[use.word] = found
        if better and (best is None or len(suspects) < best[0]):
            best = len(suspects), better
    return " ".join(best[1].get(word, word) for word in words) if best else None


def _ranking(
    asked: Sequence[Analysed],
    found: Sequence[Found],
    *,
    before: Ranking | None = None,
    corrected: str | None = None,
    all_words: bool = True,
) -> Ranking:
    """Puts what was found in order, behind what was found `before`."""
    keys = dict(before.keys) if before else {}
    taken = {(ranked.version_id, ranked.ordinal) for ranked in before.order} if before else set()
    new: list[Ranked] = []
    for one in found:
        common = {kind for kind, uses in Counter(c.key for c in one.candidates).items() if uses > SPECIFIC}
        for candidate in one.candidates:
            place = candidate.version_id, candidate.ordinal
            if place in taken:
                continue
            new.append(rank(candidate, specific=candidate.key not in common, all_words=all_words))
            if candidate.key:
                keys[place] = candidate.key
    order = sorted([*(before.order if before else ()), *new], key=lambda ranked: ranked.position)
    return Ranking(
        order,
        keys,
        {one.analysis: one.ask if all_words else _any_of(one) for one in asked},
        {one.analysis: frozenset(term.stem for term in one.terms) for one in asked},
        asked,
        not any(one.capped for one in found) and (before is None or before.exact),
        corrected if new or (before is not None and before.corrected) else None,
    )


def _slice(order: Sequence[Ranked], limit: int, position: Position | None) -> tuple[int, int]:
    """Where the page begins and ends in `order`."""
    if position is None:
        return 0, min(limit, len(order))
    at = tuple(position.values)
    if position.backwards:
        end = sum(1 for ranked in order if ranked.position < at)
        return max(0, end - limit), end
    start = sum(1 for ranked in order if ranked.position <= at)
    return start, min(start + limit, len(order))


def _match(passage: Passage, key: str) -> str:
    if key:
        return "citation" if key == "place" else key
    if passage.ordinal == WORK:
        return "title"
    if passage.in_note:
        return "note"
    return "term" if passage.in_terms else "text"
