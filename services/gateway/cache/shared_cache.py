"""The way of a request through the cache: answered from it, with others, or by its service."""

import asyncio
import time

from aiohttp import hdrs

from services.gateway.cache.conditions import held, is_for_service, rules_of
from services.gateway.cache.currency import Currency
from services.gateway.cache.directives import NOTHING_ASKED, RequestRules
from services.gateway.cache.entry import Entry
from services.gateway.cache.fetching import Answer, Fetched, Fetcher, Wish
from services.gateway.cache.figures import Figures
from services.gateway.cache.flights import Flights, Outcome
from services.gateway.cache.keeping import is_out_of_question, is_out_of_question_at_sight
from services.gateway.cache.keys import key_of, named_key
from services.gateway.cache.passes import PASSED, Passage, Passes, Sent
from services.gateway.cache.serving import goes_as_it_is, prepared_answer, prepared_for
from services.gateway.cache.shelf import Shelf
from services.gateway.cache.uses import AGAIN_SECONDS, Use, stands_in, use_of
from services.gateway.cache.variants import variant_of
from services.gateway.exchange import Exchange
from services.gateway.relay import write_out
from services.gateway.routes import takes_messages
from services.gateway.upstreams.whole import Whole
from shared.background import stop
from shared.errors import GatewayTimeout, PlatformError
from shared.log import get_logger

_log = get_logger("gateway.cache")
_MOST_BEHIND = 32
_MOST_TURNS = 5
_FAILED = (502, 503, 504)
_OF_THE_REQUEST = (206, 304)  # say nothing of whether a whole answer could be kept


class SharedCache:
    """All that is kept in this process."""

    def __init__(
        self, currency: Currency, figures: Figures, *, capacity: int, largest: int, wait_seconds: float,
        stale_if_error_seconds: int, client_seconds: float,
    ) -> None:  # fmt: skip
        self._currency = currency
        self._figures = figures
        self._shelf = Shelf(capacity, figures)
        self._fetcher = Fetcher(self._shelf, figures, min(largest, capacity))
        self._flights = Flights()
        self._passes = Passes()
        self._behind: set[asyncio.Task[None]] = set()
        self._wait_seconds = wait_seconds
        self._stale_if_error_seconds = stale_if_error_seconds
        self._client_seconds = client_seconds

    async def close(self) -> None:
        """End what is asked behind answers that were given already."""
        await stop(list(self._behind))

    def wrote(self, exchange: Exchange, answer: Answer, *, by_someone: bool) -> None:
        """A service carried out an unsafe request: what is kept of the addresses that it names is of the past.

        `by_someone` who signed in may have written a text, and wants to read it before it was announced.
        """
        if not 200 <= answer.status < 400 or exchange.asked is None:
            return
        if by_someone and not takes_messages(exchange.asked.target.path):
            self._currency.suspect_all(time.monotonic())
        here = key_of(exchange)
        self._fetcher.drop(here)
        for name, value in answer.headers:
            if name.lower() in (b"location", b"content-location"):
                named = named_key(here, value.decode("latin-1"))
                if named is not None:
                    self._fetcher.drop(named)

    # Of a request in the lane.

    def glance(self, exchange: Exchange, most: int) -> tuple[int, bytes] | bool:
        """Status and bytes of what is kept for a plain GET, if nobody has to be asked, and its body has `most` bytes
        at most; else whether the request goes past, see `_goes_past`."""
        key = key_of(exchange)
        place = self._shelf.at(key)
        if place is None:
            return self._goes_past(exchange, key)
        entry = place.find(exchange.fields.headers)
        if entry is None or len(entry.body) > most:
            return False
        now = time.monotonic()
        if use_of(entry, NOTHING_ASKED, self._currency, now) is not Use.AT_ONCE:
            return False
        return entry.status, self._whole(exchange, entry, now, self._hit(entry, now), keep_alive=True)

    def lets_pass_at_sight(self, whole: Whole) -> bool:
        """Whether an answer to such a request needs no closer look; it is to say `passes.PASSED_LINE`."""
        if not is_out_of_question_at_sight(whole):
            return False
        self._figures.misses += 1
        return True

    def lets_pass(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """The same, looking closer; its fields then say so."""
        if not is_out_of_question(headers):
            return False
        self._figures.misses += 1
        headers.append((b"Cache-Status", PASSED))
        return True

    # Of all others.

    async def answer(self, exchange: Exchange, passage: Passage) -> Sent:
        """Answer a GET or HEAD without a body. Raises what Upstream.send raises, as long as nothing was sent."""
        asked, key = exchange.fields.headers, key_of(exchange)
        is_plain = exchange.fields.is_plain
        place = self._shelf.at(key)
        if exchange.begun is not None or (place is None and is_plain and self._goes_past(exchange, key)):
            return await self._go_past(exchange, key, passage)
        entry = place.find(asked) if place is not None else None
        rules = NOTHING_ASKED if is_plain else rules_of(asked)
        if entry is not None and not rules.no_store:
            now = time.monotonic()
            use = use_of(entry, rules, self._currency, now)
            is_asked_already = use is Use.CONFIRM and now - entry.failed_at < AGAIN_SECONDS and not rules.no_cache
            if is_asked_already and self._stands_in(entry, now):
                return await self._stand_in(exchange, entry, passage, b"asked-already")
            if use is not Use.CONFIRM and (is_plain or not is_for_service(asked)):
                if use is Use.BRIEFLY:
                    self._renew_behind(exchange, entry, passage)
                status = self._hit(entry, now, is_stale=use is Use.BRIEFLY)
                return await self._give(exchange, entry, passage, now, status)
        if rules.only_if_cached:
            raise GatewayTimeout("Nothing is kept that would answer this.")
        reason = b"vary-miss" if place is not None else b"uri-miss"
        wish = Wish(key, asked, exchange.method == "GET", exchange.fields.has_credentials, rules.no_cache)
        return await self._ask(exchange, wish, entry, rules, passage, reason)

    def _goes_past(self, exchange: Exchange, key: str) -> bool:
        """Whether a plain request for what is not kept is nobody else's affair: it has credentials, so that no one
        waits for its answer, or the last answer could not be kept."""
        return exchange.fields.has_credentials or self._passes.has(key)

    async def _go_past(self, exchange: Exchange, key: str, passage: Passage) -> Sent:
        """Ask for what could not be kept the last time, without looking who else does: the way of most requests of
        which each has its own answer, so it is short. If it can be kept this time, it is."""
        begun = exchange.begun
        asked_at = begun.asked_at if begun is not None else time.time()
        started = begun.started if begun is not None else time.monotonic()
        answer = await passage.ask(None)
        if self.lets_pass(answer.headers):
            try:
                return await passage.send(answer)
            finally:
                answer.close()
        fields = exchange.fields
        wish = Wish(key, fields.headers, exchange.method == "GET", fields.has_credentials)
        fetched = await self._fetcher.received(wish, answer, asked_at, started)
        if fetched.entry is not None:
            self._passes.drop(key)
        return await self._deliver(exchange, wish, fetched, None, passage, b"uri-miss")

    async def _ask(
        self, exchange: Exchange, wish: Wish, entry: Entry | None, rules: RequestRules, passage: Passage, reason: bytes
    ) -> Sent:
        if rules.no_store or is_for_service(wish.asked):
            self._figures.bypassed += 1
            return await self._pass(passage, await passage.ask(None), b"request")
        mine = (
            not wish.is_get
            or wish.has_credentials
            or rules.no_cache
            or hdrs.RANGE in wish.asked
            or (entry is None and self._passes.has(wish.key))
        )
        try:
            for _ in range(_MOST_TURNS):
                place = self._shelf.at(wish.key)
                flight_key = (wish.key, variant_of(place.vary, wish.asked) if place is not None else ())
                flight = None if mine else self._flights.find(flight_key)
                if flight is None:
                    break
                self._figures.collapsed += 1
                outcome = await flight.wait(self._wait_seconds)
                found = place.find(wish.asked) if (place := self._shelf.at(wish.key)) is not None else None
                now = time.monotonic()
                if found is not None and use_of(found, rules, self._currency, now) is not Use.CONFIRM:
                    self._figures.hits += 1
                    return await self._give(exchange, found, passage, now, b"openpolicy; hit; collapsed")
                entry = found or entry
                mine = outcome is not Outcome.LEFT
            fetched = await self._fetch(wish, entry, passage, None if mine else flight_key)
        except PlatformError as error:
            now = time.monotonic()
            if entry is None or wish.wants_certainty or not self._stands_in(entry, now):
                raise
            entry.failed_at = now
            return await self._stand_in(exchange, entry, passage, type(error).kind.encode())
        return await self._deliver(exchange, wish, fetched, entry, passage, reason)

    async def _fetch(
        self, wish: Wish, entry: Entry | None, passage: Passage, key: tuple[str, tuple[str, ...]] | None
    ) -> Fetched:
        if key is None:
            fetched = await self._fetcher.fetch(wish, entry, passage)
        else:
            with self._flights.flying(key) as flight:
                fetched = await self._fetcher.fetch(wish, entry, passage)
                flight.outcome = Outcome.NOT_KEPT if fetched.entry is None else Outcome.KEPT
        if fetched.entry is None and wish.is_get and fetched.status not in _OF_THE_REQUEST:
            self._passes.add(wish.key)
        else:
            self._passes.drop(wish.key)
        return fetched

    async def _deliver(
        self, exchange: Exchange, wish: Wish, fetched: Fetched, entry: Entry | None, passage: Passage, reason: bytes
    ) -> Sent:
        try:
            now = time.monotonic()
            if fetched.was_confirmed and fetched.entry is not None:
                self._figures.confirmed += 1
                status = b"openpolicy; fwd=stale; fwd-status=304"
                return await self._give(exchange, fetched.entry, passage, now, status)
            has_failed = fetched.status in _FAILED and not wish.wants_certainty
            if entry is not None and has_failed and self._stands_in(entry, now):
                entry.failed_at = now
                return await self._stand_in(exchange, entry, passage, b"%d" % fetched.status)
            self._figures.misses += 1
            if entry is not None and fetched.entry is not None:  # asked with our conditions instead of the client's
                status = b"openpolicy; fwd=stale; fwd-status=%d; stored" % fetched.status
                return await self._give(exchange, fetched.entry, passage, now, status)
            stored = b"; stored" if fetched.entry is not None else b""
            said = b"openpolicy; fwd=%b%b" % (b"stale" if entry is not None else reason, stored)
            return await self._pass_on(passage, fetched.answer, said)
        finally:
            fetched.answer.close()

    async def _give(self, exchange: Exchange, entry: Entry, passage: Passage, now: float, status: bytes) -> Sent:
        if goes_as_it_is(exchange):
            data = self._whole(exchange, entry, now, status, keep_alive=exchange.request.keep_alive)
            return await write_out(exchange.request, entry.status, data, self._client_seconds)
        answer = held(entry, exchange.fields.headers, is_head=exchange.method == "HEAD")
        answer.headers.append((b"Age", b"%d" % entry.age(now)))
        answer.headers.append((b"Cache-Status", status))
        return await passage.send(answer)

    def _whole(self, exchange: Exchange, entry: Entry, now: float, status: bytes, *, keep_alive: bool) -> bytes:
        """All of an entry in the form that this client gets, as it goes out."""
        forms = len(entry.prepared)
        prepared = prepared_for(exchange, entry)
        if len(entry.prepared) != forms:
            self._shelf.resize(entry)
        return prepared_answer(exchange, prepared, entry.age(now), status, keep_alive=keep_alive)

    def _hit(self, entry: Entry, now: float, *, is_stale: bool = False) -> bytes:
        """Count that it is given; what Cache-Status says of that."""
        entry.was_used = True
        if is_stale:
            self._figures.stale += 1
        else:
            self._figures.hits += 1
        return b"openpolicy; hit; ttl=%d" % (entry.fresh_until - now)

    def _stands_in(self, entry: Entry, now: float) -> bool:
        return stands_in(entry, self._currency, now, self._stale_if_error_seconds)

    async def _stand_in(self, exchange: Exchange, entry: Entry, passage: Passage, why: bytes) -> Sent:
        self._figures.stale += 1
        now = time.monotonic()
        status = b"openpolicy; hit; ttl=%d; detail=%b" % (entry.fresh_until - now, why)
        return await self._give(exchange, entry, passage, now, status)

    async def _pass(self, passage: Passage, answer: Answer, reason: bytes) -> Sent:
        try:
            return await self._pass_on(passage, answer, b"openpolicy; fwd=" + reason)
        finally:
            answer.close()

    async def _pass_on(self, passage: Passage, answer: Answer, status: bytes) -> Sent:
        answer.headers.append((b"Cache-Status", status))
        return await passage.send(answer)

    def _renew_behind(self, exchange: Exchange, entry: Entry, passage: Passage) -> None:
        """Ask if a stale entry is still the same, while it is being sent."""
        key = (entry.key, entry.variant)
        if time.monotonic() - entry.failed_at < AGAIN_SECONDS:
            return
        if self._flights.find(key) is not None or len(self._behind) >= _MOST_BEHIND:
            return
        wish = Wish(entry.key, exchange.fields.headers, True, exchange.fields.has_credentials)
        task = asyncio.create_task(self._renew(wish, entry, passage, key))
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _renew(self, wish: Wish, entry: Entry, passage: Passage, key: tuple[str, tuple[str, ...]]) -> None:
        try:
            fetched = await self._fetch(wish, entry, passage, key)
            fetched.answer.close()
        except PlatformError as error:
            entry.failed_at = time.monotonic()
            _log.info("not_renewed", error=error.kind)
