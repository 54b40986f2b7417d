"""Searching: analyse, find, rank, and describe one page."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from services.policy.search import repo
from services.policy.search.domain import Facet, Filters, Hit, Page, Passage, Ranking, Sort
from services.policy.search.figures import Figures
from services.policy.search.finding import rank_all
from services.policy.search.passages import WORK
from services.policy.search.question import Question
from services.policy.search.ranking import Ranked
from services.policy.search.snippets import GLANCE, Segment, Word, has_all, likely_words, snippet
from services.policy.search.sorting import in_order
from services.policy.search.stems import Stems
from shared.db import Connection, Database
from shared.paging import Position


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
        at, figures = (None, Figures()) if position is None else _read(position)
        async with self._database.connection() as connection:
            ranking = await rank_all(connection, Question.parse(text), lang, filters, figures)
            if sort != "relevance":
                ranking = await in_order(connection, ranking, filters, sort)
            counted = await _count(connection, ranking, filters, facets) if facets else {}
            start, end = _slice(ranking.order, limit, at)
            hits = await self._describe(connection, ranking, ranking.order[start:end], filters.as_of)
        return Page(
            hits,
            len(ranking.order),
            ranking.exact,
            ranking.corrected,
            (*ranking.order[end - 1].position, figures.used) if 0 < end < len(ranking.order) else None,
            (*ranking.order[start].position, figures.used) if 0 < start < len(ranking.order) else None,
            counted,
        )

    async def _describe(
        self, connection: Connection, ranking: Ranking, order: Sequence[Ranked], as_of: date | None
    ) -> list[Hit]:
        if not order:
            return []
        query = " | ".join(f"({query})" for query in ranking.queries.values() if query)
        passages = await repo.describe(connection, [(r.document_id, r.place) for r in order], query, as_of)
        shown = await self._snippets(connection, ranking, passages)
        scores = {(r.document_id, r.place): r.score for r in order}
        hits = []
        for passage, segments in zip(passages, shown, strict=True):
            place = passage.document_id, passage.place
            hits.append(Hit(passage, _match(passage, ranking.keys.get(place, "")), scores[place], segments))
        return hits

    async def _snippets(
        self, connection: Connection, ranking: Ranking, passages: Sequence[Passage]
    ) -> list[Sequence[Segment]]:
        """What is shown of each passage's text."""
        stems = [ranking.stems.get(passage.analysis, frozenset()) for passage in passages]
        words = [likely_words(p.text, wanted, GLANCE) for p, wanted in zip(passages, stems, strict=True)]
        stem_of = await self._stems_of(connection, ranking.prefixes, passages, words)
        longer = [
            at
            for at, passage in enumerate(passages)
            if len(passage.text) > GLANCE and not has_all(words[at], stems[at], stem_of[passage.analysis])
        ]
        if longer:
            for at in longer:
                words[at] = likely_words(passages[at].text, stems[at])
            stem_of = await self._stems_of(connection, ranking.prefixes, passages, words)
        return [
            snippet(passage.text, likely, wanted, stem_of[passage.analysis])
            for passage, likely, wanted in zip(passages, words, stems, strict=True)
        ]

    async def _stems_of(
        self,
        connection: Connection,
        prefixes: Sequence[str],
        passages: Sequence[Passage],
        words: Sequence[Sequence[Word]],
    ) -> dict[str, Callable[[str], str]]:
        """By analysis, what gives the stem of each folded word, or the beginning that was asked for."""
        folded: dict[str, set[str]] = defaultdict(set)
        for passage, likely in zip(passages, words, strict=True):
            folded[passage.analysis].update([word for _, _, word in likely])
        known = {analysis: await self._stems.learn(connection, analysis, wanted) for analysis, wanted in folded.items()}
        if not prefixes:
            return {analysis: stems.__getitem__ for analysis, stems in known.items()}
        return {
            analysis: {
                word: next(filter(word.startswith, prefixes), "") or known[analysis][word] for word in wanted
            }.__getitem__
            for analysis, wanted in folded.items()
        }


async def _count(
    connection: Connection, ranking: Ranking, filters: Filters, facets: Sequence[Facet]
) -> dict[Facet, list[tuple[str, int]]]:
    """Exact counts: of what was ranked, or where that is not all, of everything that matches."""
    if ranking.exact:
        places = [(r.document_id, r.place) for r in ranking.order]
        return await repo.facets(connection, places, facets, filters.as_of)
    return await repo.all_facets(connection, ranking.asked, ranking.queries, filters, facets)


def _read(position: Position) -> tuple[Position, Figures]:
    """Where in the order a page begins, and the figures that the order rests on."""
    *at, pinned = position.values
    return Position(tuple(at), position.backwards), Figures(pinned)


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
    if passage.place == WORK:
        return "title"
    if passage.in_note:
        return "note"
    return "term" if passage.in_terms else "text"
