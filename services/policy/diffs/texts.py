"""What provisions say, read from the database only for those of which a comparison turns out to need it."""

import asyncio
from collections.abc import Iterable, Sequence

from services.policy.diffs import repo
from services.policy.diffs.domain import Wording
from services.policy.diffs.lately import Lately
from services.policy.diffs.wording import last_item, wording_of
from shared.db import Connection

# A hash names the same words forever, in every database.
_WORDINGS: Lately[bytes, Wording] = Lately(4_000_000, lambda wording: len(wording.text) + len(wording.body) + 300)
_CREDITS: Lately[bytes, str] = Lately(3_000_000, lambda credit: len(credit) + 150)


class Texts:
    """The provisions read so far, by hash."""

    def __init__(self) -> None:
        self.wordings: dict[bytes, Wording] = {}

    async def read(self, connection: Connection, hashes: Iterable[bytes]) -> None:
        """Read these provisions and write out their wordings, as far as that was not done. May be called again."""
        wanted = set(hashes) - self.wordings.keys()
        self.wordings |= _WORDINGS.find(wanted)
        wanted -= self.wordings.keys()
        if wanted:
            fresh = await asyncio.to_thread(_written_out, await repo.contents(connection, wanted))
            self.wordings |= fresh
            _WORDINGS.add(fresh)

    def credits(self) -> dict[bytes, str]:
        """The credit of each provision read; see Wording."""
        return {digest: wording.credit for digest, wording in self.wordings.items()}


async def credits_of(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, str]:
    """The credit of each of these provisions; see Wording. Their texts are not read."""
    wanted = set(hashes)
    found = _CREDITS.find(wanted)
    if wanted - found.keys():
        notes = await repo.notes(connection, wanted - found.keys())
        fresh = {digest: last_item(note) for digest, note in notes.items()}
        found |= fresh
        _CREDITS.add(fresh)
    return found


def _written_out(contents: Sequence[repo.Content]) -> dict[bytes, Wording]:
    return {held.hash: wording_of(held.num, held.heading, held.note, held.content) for held in contents}
