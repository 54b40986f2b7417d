"""Remembers the stems of words, so that marking hits in a text seldom asks PostgreSQL."""

from collections.abc import Collection

from services.policy.search import repo
from shared.db import Connection

_KEPT = 200_000  # words of all languages; about 20 MB


class Stems:
    """Stems by analysis and folded word. Stemming never changes, so nothing expires; when full it starts anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    async def learn(self, connection: Connection, analysis: str, words: Collection[str]) -> None:
        """Make `of` answer for `words`."""
        missing = [word for word in words if (analysis, word) not in self._known]
        if not missing:
            return
        if len(self._known) + len(missing) > _KEPT:
            self._known.clear()
            missing = list(words)
        for word, stem in (await repo.stems(connection, analysis, missing)).items():
            self._known[analysis, word] = stem

    def of(self, analysis: str, word: str) -> str:
        """The stem of a word that was learnt; empty for any other."""
        return self._known.get((analysis, word), "")
