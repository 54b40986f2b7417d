"""Between an import and its record: writes down, once a second, how far it is, and hears whether it shall end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from services.policy.imports.journal import Journal, Standing
from services.policy.imports.outcome import Totals
from services.policy.imports.progress import Progress
from services.policy.imports.stop import Stop
from shared.db import DATABASE_FAILED

_BEAT_SECONDS = 1.0


@dataclass(slots=True)
class Watch:
    """Hears the progress of an import and passes it on to `shown`."""

    shown: Progress
    phase_name: str = "reading"
    done: int = 0
    total: int = 0
    is_cancelled: bool = False
    """Whether it was asked to end through its record."""
    trouble: str = ""
    """Why the record cannot be kept; its lock is lost then, and the import ends."""
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        self.phase_name, self.done, self.total = name.lower(), 0, total
        self.shown.phase(name, total)

    def advance(self, done: int, note: str) -> None:
        """It is that far."""
        self.done = done
        self.shown.advance(done, note)

    async def keep(self, journal: Journal, totals: Totals, stop: Stop) -> None:
        """Write the record until `end` is called, and once more then."""
        while True:
            is_over = self._over.is_set()
            standing = Standing(self.phase_name, self.done, self.total, totals.files, totals.done_files)
            try:
                asked = await journal.beat(standing, totals.outcomes)
            except DATABASE_FAILED as problem:
                self.trouble = f"the database failed: {type(problem).__name__}: {problem}"
                stop.ask()
                return
            if is_over:
                return
            if asked and not stop:
                self.is_cancelled = True
                stop.ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_SECONDS):
                    await self._over.wait()

    def end(self) -> None:
        """The import is over."""
        self._over.set()


@asynccontextmanager
async def watched(journal: Journal, totals: Totals, shown: Progress, stop: Stop) -> AsyncIterator[Watch]:
    """A watch over an import while it runs."""
    watch = Watch(shown)
    task = asyncio.create_task(watch.keep(journal, totals, stop), name="watch")
    try:
        yield watch
    finally:
        watch.end()
        await task
