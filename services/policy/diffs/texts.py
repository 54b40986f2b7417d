"""What provisions hold, read from the database only for those of which a comparison turns out to need it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from services.policy.diffs import repo
from services.policy.diffs.compare import Comparison, Finding
from services.policy.diffs.domain import Pair, Part, Wording
from services.policy.diffs.wording import credit_of, wording_of
from shared.db import Connection


class Texts:
    """The provisions read so far, by hash. Every method may be called again for more."""

    def __init__(self) -> None:
        self.wordings: dict[bytes, Wording] = {}
        self.contents: dict[bytes, repo.Content] = {}

    async def read(self, connection: Connection, hashes: Iterable[bytes]) -> None:
        """Read these provisions, as far as they were not."""
        wanted = set(hashes) - self.contents.keys()
        if wanted:
            self.contents |= {content.hash: content for content in await repo.contents(connection, wanted)}

    async def write_out(self, connection: Connection, hashes: Iterable[bytes]) -> None:
        """Read these provisions and write out their wordings, in a thread."""
        wanted = set(hashes) - self.wordings.keys()
        await self.read(connection, wanted)
        await asyncio.to_thread(self._write_out, wanted)

    def credits(self) -> Mapping[bytes, str]:
        """The credit of each provision read; see Wording."""
        return {digest: credit_of(content.content) for digest, content in self.contents.items()}

    def filled(self, parts: Sequence[Part]) -> list[Part]:
        """The same parts, with what they hold where that was read."""
        known = self.contents
        return [self._fill(part) if part.hash in known else part for part in parts]

    def filled_findings(self, comparison: Comparison) -> tuple[Finding, ...]:
        """The findings of a comparison, with what both sides hold."""
        return tuple(
            Finding(finding.ops, Pair(old and self._fill(old), new and self._fill(new)))
            for finding in comparison.findings
            for old, new in [finding.pair]
        )

    def _fill(self, part: Part) -> Part:
        held = self.contents[part.hash]
        return part._replace(kind=held.kind, num=held.num, heading=held.heading, note=held.note, lang=held.lang)

    def _write_out(self, hashes: Iterable[bytes]) -> None:
        for digest in hashes:
            held = self.contents[digest]
            self.wordings[digest] = wording_of(held.num, held.heading, held.note, held.content)
