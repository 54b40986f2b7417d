"""Results by date or title in place of relevance."""

from dataclasses import replace

from services.policy.search import repo
from services.policy.search.domain import Filters, Ranking, Sort
from services.policy.search.ranking import SORTED_CANDIDATES, Ranked, Tier
from shared.db import Connection


async def in_order(connection: Connection, ranking: Ranking, filters: Filters, sort: Sort) -> Ranking:
    """The same results by date, newest first, or by title.

    When relevance looked at some of the matches only, all are put in order, and of these the first are taken: the
    newest text is the first result whatever its rank.
    """
    order = list(ranking.order)
    exact = ranking.exact
    if not exact:
        known = {(one.document_id, one.place): one for one in order}
        taken: list[Ranked] = []
        exact = True
        for asked in ranking.asked:
            places = await repo.first(connection, asked, ranking.queries[asked.analysis], filters, sort)
            exact = exact and len(places) < SORTED_CANDIDATES
            taken += [known.get(place) or Ranked(float(Tier.ALL_WORDS), *place) for place in places]
        order = taken
    keys = await repo.sort_keys(connection, {one.document_id for one in order}, sort, filters.as_of)
    placed = [one._replace(by=keys[one.document_id]) for one in order if one.document_id in keys]
    placed.sort(key=lambda one: one.position)
    return replace(ranking, order=placed[:SORTED_CANDIDATES], exact=exact)
