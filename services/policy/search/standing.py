"""From when to when each passage of a text stood: the versions of the text laid one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.policy.search.passages import Passage, Row

FOREVER = date.max
"""What the database calls infinity."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage that stands from `since` until before `until`; read from the last version that has it."""

    passage: Passage
    version_id: int
    status: str
    """Of the work."""
    since: date
    until: date

    @property
    def key(self) -> tuple[str, bytes]:
        """Equal for equal passages of one text."""
        return self.passage.eid, self.passage.made_of

    def stands(self, day: date) -> bool:
        """Whether it is the text on `day`."""
        return self.since <= day < self.until


def entries(versions: Sequence[tuple[Row, Iterable[Passage]]]) -> list[Entry]:
    """The passages of all versions, oldest first, each once for all the days through which it did not change."""
    ended: list[Entry] = []
    standing: dict[tuple[str, bytes], Entry] = {}
    for number, (version, passages) in enumerate(versions):
        until = versions[number + 1][0]["date"] if number + 1 < len(versions) else FOREVER
        now: dict[tuple[str, bytes], Entry] = {}
        for passage in passages:
            entry = Entry(passage, version["id"], version["status"], version["date"], until)
            before = standing.pop(entry.key, None)
            now[entry.key] = replace(entry, since=before.since) if before else entry
        ended += standing.values()
        standing = now
    return [*ended, *standing.values()]
