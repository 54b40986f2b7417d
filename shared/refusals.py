"""Counts who was refused (403) after signing in, and hands it to the audit trail in batches.

Whoever tries one door a thousand times a second must not fill the trail: the first refusal of a kind is written after
about a second, the following ones once a minute with their number. What is held is bounded, too.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from shared.background import stop
from shared.context import current_request_id
from shared.errors import PlatformError
from shared.identity import ANONYMOUS, Identity
from shared.keys import IDENTITY
from shared.log import get_logger
from shared.problems import STATUS

SOON_SECONDS, LATER_SECONDS = 1.0, 60.0
MOST = 256
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one caller was refused. For those beyond what is held, `account` and the like are empty."""

    account: str
    sid: str
    method: str
    route: str
    reason: str
    request_id: str
    times: int


_Key = tuple[str, str, str, str, str]
_BEYOND: _Key = ("", "", "", "", "others")


class Refusals:
    """What a service has refused and not yet written. `write` puts a batch on record, or raises PlatformError."""

    def __init__(self, write: Callable[[Sequence[Refusal]], Awaitable[None]], *, soon: float = SOON_SECONDS) -> None:
        self._write = write
        self._soon = soon
        self._held: dict[_Key, tuple[float, str, int]] = {}  # when to write it, the first request, how often
        self._written: dict[_Key, float] = {}
        self._some = asyncio.Event()

    def note(self, identity: Identity, request: web.Request, error: PlatformError) -> None:
        """Count `error`, if it refuses somebody who signed in; not what another service refused, who counts it too."""
        if identity.is_anonymous or error.told_by or STATUS[error.kind] is not HTTPStatus.FORBIDDEN:
            return
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unmatched"
        key = (identity.subject, identity.sid, request.method, route, error.kind)
        if key not in self._held and len(self._held) >= MOST:
            key = _BEYOND
        if key in self._held:
            due, first, times = self._held[key]
        else:
            now = time.monotonic()
            due = self._written[key] + LATER_SECONDS if key in self._written else now
            due, first, times = max(due, now + self._soon), current_request_id(), 0
        self._held[key] = due, first, times + 1
        self._some.set()

    async def flush(self, *, everything: bool = False) -> None:
        """Write what is due; what cannot be written now is held for the next time."""
        now = time.monotonic()
        self._written = {key: at for key, at in self._written.items() if at + LATER_SECONDS > now}
        due = {key: held for key, held in self._held.items() if everything or held[0] <= now}
        if not due:
            return
        for key in due:
            del self._held[key]
        try:
            await self._write([Refusal(*key, first, times) for key, (_, first, times) in due.items()])
        except (PlatformError, OSError, TimeoutError) as error:
            _log.warning("refusals_later", error=type(error).__name__, held=len(due))
            for key, (_, first, times) in due.items():
                self._held[key] = now + self._soon, first, times + self._held.get(key, (0.0, "", 0))[2]
            return
        self._written |= dict.fromkeys(due, now)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write in the background; at the end all that is held."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            await stop([task])
            await self.flush(everything=True)

    async def _keep(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(self._soon)
            await self.flush()
            if not self._held:
                self._some.clear()


REFUSALS = web.AppKey("REFUSALS", Refusals)


def note_refusal(request: web.Request, error: PlatformError) -> None:
    """Count `error` where the service keeps count."""
    refusals = request.app.get(REFUSALS)
    if refusals is not None:
        refusals.note(request.get(IDENTITY, ANONYMOUS), request, error)
