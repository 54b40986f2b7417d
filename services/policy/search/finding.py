"""How what was asked is found: all words, then mended words, then any of the rarest; each behind the one before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.policy.search import repo
from services.policy.search.corrections import better_word, suspicion
from services.policy.search.domain import Analysed, Filters, Found, Ranking
from services.policy.search.figures import Figures
from services.policy.search.keys import key_of
from services.policy.search.languages import by_analysis
from services.policy.search.question import Question
from services.policy.search.ranking import LITERAL_CANDIDATES, Ranked, Tier, in_order, raised, rank, rarest
from shared.db import Connection

FEW = 10
"""With fewer results, unknown words are corrected, and then any of the rarest words suffices."""
SENTENCE = 4
"""Words of a phrase that is found: so many, and it is what was looked for."""
WORDY = 6
"""With so many words in a question, a passage that has them all may be merely long: any of them count alike."""


async def rank_all(
    connection: Connection, question: Question, lang: str | None, filters: Filters, figures: Figures
) -> Ranking:
    """Everything that is found, in its order. Without `lang` every language that is held is searched."""
    groups = by_analysis((lang,) if lang else await repo.held_languages(connection))
    found = [await repo.find_all_words(connection, question, *group, filters, figures) for group in groups]
    asked = [one.asked for one in found]
    ranking = _ranking(found)
    if not ranking.order and question.unquoted:
        loose = await rank_all(connection, Question.parse(question.unquoted), lang, filters, figures)
        return replace(loose, corrected=loose.corrected or question.unquoted if loose.order else None)
    if _suffices(ranking, question):
        return await _literal_first(connection, question, ranking, filters.as_of)
    corrected = await _corrected(connection, question, asked)
    if corrected is not None:
        question = Question.parse(corrected)
        again = [await repo.find_all_words(connection, question, *group, filters, figures) for group in groups]
        asked = [one.asked for one in again]
        ranking = _ranking(again, before=ranking, corrected=corrected)
    if not _suffices(ranking, question):
        some = [await _some_words(connection, one, filters) for one in asked]
        ranking = _ranking(some, before=ranking, corrected=ranking.corrected, all_words=False)
    return await _literal_first(connection, question, ranking, filters.as_of)


def _suffices(ranking: Ranking, question: Question) -> bool:
    """Whether nothing looser need be tried: enough is found, or the very work or sentence, or operators bind us."""
    if len(ranking.order) >= FEW or question.has_operators:
        return True
    tier = ranking.order[0].tier if ranking.order else Tier.SOME_WORDS
    quoted = tier >= Tier.PHRASE and all(len(one.terms) >= SENTENCE for one in ranking.asked)
    return tier >= Tier.TITLE or quoted


async def _literal_first(connection: Connection, question: Question, ranking: Ranking, as_of: date | None) -> Ranking:
    """Phrases were found by their stems; the best of them that have the query's very words come first."""
    if not ranking.order or ranking.order[0].tier > Tier.PHRASE:
        return ranking  # the first results are what was named
    phrases = [r for r in ranking.order[:LITERAL_CANDIDATES] if r.tier is Tier.PHRASE]
    if len(phrases) < 2 or len(question.words()) < 3 or question.has_operators:
        return ranking
    places = [(r.document_id, r.place) for r in phrases]
    just_so = await repo.literal(connection, places, key_of(question.plain), as_of)
    order = [raised(r) if (r.document_id, r.place) in just_so else r for r in ranking.order]
    return replace(ranking, order=in_order(order))


async def _some_words(connection: Connection, asked: Analysed, filters: Filters) -> Found:
    query = _any_of(asked)
    if not query:
        return Found(asked, [], capped=False)
    return await repo.find_any_word(connection, asked, query, filters)


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
    found: Sequence[Found],
    *,
    before: Ranking | None = None,
    corrected: str | None = None,
    all_words: bool = True,
) -> Ranking:
    """Puts what was found in order, behind what was found `before`."""
    asked = [one.asked for one in found]
    keys = dict(before.keys) if before else {}
    new = [ranked for one in found for ranked in rank(one.candidates, all_words=all_words)]
    kept: Sequence[Ranked] = before.order if before else ()
    if before:
        if not all_words and min((len(one.terms) for one in asked), default=0) >= WORDY:
            anew = {(ranked.document_id, ranked.place) for ranked in new}
            kept = [r for r in kept if r.tier is not Tier.ALL_WORDS or (r.document_id, r.place) not in anew]
        taken = {(ranked.document_id, ranked.place) for ranked in kept}
        new = [ranked for ranked in new if (ranked.document_id, ranked.place) not in taken]
    keys.update({(c.document_id, c.place): c.key for one in found for c in one.candidates if c.keys})
    order = in_order([*kept, *new])
    return Ranking(
        order,
        keys,
        {one.analysis: one.ask if all_words else _any_of(one) for one in asked},
        {one.analysis: frozenset(term.stem for term in one.terms) for one in asked},
        asked,
        not any(one.capped for one in found) and (before is None or before.exact),
        corrected if new or (before is not None and before.corrected) else None,
    )
