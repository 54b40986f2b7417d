"""Asking a service on behalf of the cache: what its answer does to what is kept."""

import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol

from services.gateway.cache.bodies import BodyReader, Opened
from services.gateway.cache.entry import Entry, Held, kept, renewed
from services.gateway.cache.figures import Figures
from services.gateway.cache.keeping import RawHeaders, facts_of, is_out_of_question
from services.gateway.cache.shelf import Shelf
from services.gateway.cache.variants import Fields, variant_of
from services.gateway.upstreams.upstream import UpstreamBroke, UpstreamResponse
from shared.errors import BadGateway

_MOST_REMEMBERED = 4096
Answer = UpstreamResponse | Held | Opened


class Way(Protocol):
    """How one request reaches its service."""

    async def ask(self, conditions: RawHeaders | None) -> UpstreamResponse:
        """The service's answer; with `conditions` in place of the client's own, unless they are None. Raises what
        Upstream.send raises."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asks for what."""

    key: str
    asked: Fields
    is_get: bool
    has_credentials: bool
    wants_certainty: bool = False
    """Whether nothing will do but the service's word (`no-cache`)."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a service said."""

    entry: Entry | None
    """Kept, and to be used for the request; None: `answer` is to be passed on."""
    answer: Answer
    """To be closed."""
    was_confirmed: bool
    status: int


class Fetcher:
    """Asks, keeps and does away with."""

    def __init__(self, shelf: Shelf, figures: Figures, largest: int) -> None:
        self._shelf = shelf
        self._figures = figures
        self._bodies = BodyReader(largest)
        self._dropped_at: dict[str, float] = {}

    def drop(self, key: str) -> None:
        """What is at an address was changed: nothing that is kept of it, or under way already, may be used."""
        self._shelf.drop_all_at(key)
        if len(self._dropped_at) >= _MOST_REMEMBERED:
            del self._dropped_at[next(iter(self._dropped_at))]
        self._dropped_at.pop(key, None)
        self._dropped_at[key] = time.monotonic()

    async def fetch(self, wish: Wish, entry: Entry | None, way: Way) -> Fetched:
        """Ask the service, whether `entry` is still what it would say if there is one.

        Raises the errors of Upstream.send, also when the answer breaks off before it was kept.
        """
        asked_at, started = time.time(), time.monotonic()
        answer = await way.ask(_conditions(entry) if entry is not None and wish.is_get else None)
        if entry is not None and answer.status == 304 and wish.is_get:
            try:
                return Fetched(self._confirm(entry, answer.headers, asked_at, started), answer, True, 304)
            finally:
                answer.close()
        found = await self.received(wish, answer, asked_at, started)
        if entry is not None and found.entry is None and answer.status < 500:
            self._replace(entry, wish, answer)
        return found

    async def received(self, wish: Wish, answer: UpstreamResponse, asked_at: float, started: float) -> Fetched:
        """Keep an answer that is here already, if it may be; see `fetch`."""
        is_open = True
        try:
            found = await self._keep(wish, answer, asked_at, started)
            is_open = False
            return found
        except UpstreamBroke as error:
            raise BadGateway("The service broke off within its response.") from error
        finally:
            if is_open:
                answer.close()

    async def _keep(self, wish: Wish, answer: UpstreamResponse, asked_at: float, started: float) -> Fetched:
        if is_out_of_question(answer.headers):
            return Fetched(None, answer, False, answer.status)
        now = time.time()
        facts = facts_of(answer.status, answer.headers, asked_at, now)
        allowed = facts.may_be_kept and (facts.is_open_to_all or not wish.has_credentials)
        if wish.has_credentials and b"cookie" in facts.vary:
            allowed = False  # one person's own
        if not (wish.is_get and allowed and facts.is_worth_keeping) or answer.switched is not None:
            return Fetched(None, answer, False, answer.status)
        body = await self._bodies.read(answer)
        if body is None or isinstance(body, Opened):
            return Fetched(None, body or answer, False, answer.status)
        entry = kept(
            wish.key, variant_of(facts.vary, wish.asked), answer.status, answer.headers, body, facts,
            now=time.monotonic(), confirmed_at=started,
        )  # fmt: skip
        if self._dropped_at.get(wish.key, float("-inf")) >= started:
            return Fetched(None, Held(answer.status, list(answer.headers), body, len(body)), False, answer.status)
        self._shelf.put(entry, facts.vary)
        self._figures.stored += 1
        held = Held(answer.status, list(answer.headers), body, len(body))
        answer.close()
        return Fetched(entry, held, False, answer.status)

    def _confirm(self, entry: Entry, received: RawHeaders, asked_at: float, started: float) -> Entry:
        """The entry with what a 304 says of it."""
        now = time.time()
        if all(name.lower() != b"date" for name, _ in received):
            received = [*received, (b"Date", formatdate(now, usegmt=True).encode())]
        headers = renewed(entry, received)
        facts = facts_of(entry.status, headers, asked_at, now)
        fresh = kept(
            entry.key, entry.variant, entry.status, headers, entry.body, facts,
            now=time.monotonic(), confirmed_at=started,
        )  # fmt: skip
        is_dropped = self._dropped_at.get(entry.key, float("-inf")) >= started
        if facts.may_be_kept and not is_dropped and facts.vary == entry.facts.vary:
            self._shelf.put(fresh, facts.vary)
        else:
            self._shelf.drop(entry)
        return fresh

    def _replace(self, entry: Entry, wish: Wish, answer: UpstreamResponse) -> None:
        """Something else is there now, which is not kept; or, after a HEAD, may be."""
        if wish.is_get:
            self._shelf.drop(entry)
        elif answer.status == 200:
            facts = facts_of(200, answer.headers, 0.0, 0.0)
            if (facts.etag, facts.last_modified) != (entry.facts.etag, entry.facts.last_modified):
                self._shelf.drop(entry)
        else:
            self._shelf.drop(entry)


def _conditions(entry: Entry) -> RawHeaders:
    found = []
    if entry.facts.etag:
        found.append((b"If-None-Match", entry.facts.etag))
    if entry.facts.last_modified:
        found.append((b"If-Modified-Since", entry.facts.last_modified))
    return found
