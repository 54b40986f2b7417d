"""Remembers the stems of words, so that marking hits in a text seldom asks PostgreSQL."""

from collections.abc import Collection, Mapping

from services.policy.search import repo
from shared.db import Connection

_KEPT = 100_000  # words of each analysis; about 10 MB


class Stems:
    """Stems by analysis and folded word. Stemming never changes, so nothing expires; when full it starts anew."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    async def learn(self, connection: Connection, analysis: str, words: Collection[str]) -> Mapping[str, str]:
        """The stems of `words`, and of others."""
        known = self._known.setdefault(analysis, {})
        missing = [word for word in words if word not in known]
        if missing:
            if len(known) + len(missing) > _KEPT:
                known = self._known[analysis] = {}
                missing = list(words)
            known.update(await repo.stems(connection, analysis, missing))
        return known
