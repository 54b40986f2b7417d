"""The way of a request through the cache: answered from it, with others, or by its service."""

import asyncio
import time
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from aiohttp import hdrs, web

from services.gateway.cache.conditions import held
from services.gateway.cache.currency import Currency
from services.gateway.cache.directives import NOTHING_ASKED, RequestRules, request_rules
from services.gateway.cache.entry import Entry
from services.gateway.cache.fetching import Answer, Fetched, Fetcher, Way, Wish
from services.gateway.cache.figures import Figures
from services.gateway.cache.flights import Flights, Outcome
from services.gateway.cache.keeping import is_out_of_question
from services.gateway.cache.serving import goes_as_it_is, prepared_for, send_prepared
from services.gateway.cache.shelf import Shelf
from services.gateway.cache.uses import AGAIN_SECONDS, Use, stands_in, use_of
from services.gateway.cache.variants import Fields, variant_of
from services.gateway.exchange import Exchange
from services.gateway.relay import SentAnswer
from services.gateway.routes import takes_messages
from shared.background import stop
from shared.errors import GatewayTimeout, PlatformError
from shared.log import get_logger

_log = get_logger("gateway.cache")
_PASS_SECONDS = 10.0  # for as long after an answer that is not kept, nobody waits for the next one to the same question
_MOST_PASSES = 8192
_MOST_BEHIND = 32
_MOST_TURNS = 5
_FAILED = (502, 503, 504)
_OF_THE_REQUEST = (206, 304)  # say nothing of whether a whole answer could be kept
Sent = web.StreamResponse | SentAnswer


class Passage(Way, Protocol):
    """How one request reaches its service, and the answer its client."""

    async def send(self, answer: Answer) -> Sent:
        """Send an answer to the client."""


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
        self._passes: dict[str, float] = {}
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
        if not 200 <= answer.status < 400 or exchange.target is None:
            return
        if by_someone and not takes_messages(exchange.target.path):
            self._currency.suspect_all(time.monotonic())
        here = _key(exchange, str(exchange.target))
        self._fetcher.drop(here)
        for name, value in answer.headers:
            if name.lower() in (b"location", b"content-location"):
                named = _named(here, value.decode("latin-1"))
                if named is not None:
                    self._fetcher.drop(named)

    async def answer(self, exchange: Exchange, passage: Passage) -> Sent:
        """Answer a GET or HEAD without a body. Raises what Upstream.send raises, as long as nothing was sent."""
        asked, key = exchange.request.headers, _key(exchange, str(exchange.target))
        is_plain = exchange.fields.is_plain
        place = self._shelf.at(key)
        if place is None and self._passes and self._is_passed(key) and is_plain:
            return await self._go_past(exchange, key, passage)
        entry = place.find(asked) if place is not None else None
        rules = NOTHING_ASKED if is_plain else _rules(asked)
        if entry is not None and not rules.no_store:
            now = time.monotonic()
            use = use_of(entry, rules, self._currency, now)
            is_asked_already = use is Use.CONFIRM and now - entry.failed_at < AGAIN_SECONDS and not rules.no_cache
            if is_asked_already and self._stands_in(entry, now):
                return await self._stand_in(exchange, entry, passage, b"asked-already")
            if use is not Use.CONFIRM and (is_plain or not _is_for_service(asked)):
                entry.was_used = True
                if use is Use.BRIEFLY:
                    self._renew_behind(exchange, entry, passage)
                    self._figures.stale += 1
                else:
                    self._figures.hits += 1
                status = b"openpolicy; hit; ttl=%d" % (entry.fresh_until - now)
                return await self._give(exchange, entry, passage, now, status)
        if rules.only_if_cached:
            raise GatewayTimeout("Nothing is kept that would answer this.")
        reason = b"vary-miss" if place is not None else b"uri-miss"
        wish = Wish(key, asked, exchange.request.method == "GET", _has_own(asked), rules.no_cache)
        return await self._ask(exchange, wish, entry, rules, passage, reason)

    async def _go_past(self, exchange: Exchange, key: str, passage: Passage) -> Sent:
        """Ask for what could not be kept the last time, without looking who else does: the way of most requests of
        which each has its own answer, so it is short. If it can be kept this time, it is."""
        asked_at, started = time.time(), time.monotonic()
        answer = await passage.ask(None)
        if is_out_of_question(answer.headers):
            self._figures.misses += 1
            return await self._pass(passage, answer, b"uri-miss")
        asked = exchange.request.headers
        wish = Wish(key, asked, exchange.request.method == "GET", _has_own(asked))
        fetched = await self._fetcher.received(wish, answer, asked_at, started)
        if fetched.entry is not None:
            self._passes.pop(key, None)
        return await self._deliver(exchange, wish, fetched, None, passage, b"uri-miss")

    async def _ask(
        self, exchange: Exchange, wish: Wish, entry: Entry | None, rules: RequestRules, passage: Passage, reason: bytes
    ) -> Sent:
        if rules.no_store or _is_for_service(wish.asked):
            self._figures.bypassed += 1
            return await self._pass(passage, await passage.ask(None), b"request")
        mine = (
            not wish.is_get
            or wish.has_credentials
            or rules.no_cache
            or hdrs.RANGE in wish.asked
            or (entry is None and self._is_passed(wish.key))
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
            self._remember_passed(wish.key)
        elif self._passes:
            self._passes.pop(wish.key, None)
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
        age = max(0.0, now - entry.born_at)
        if goes_as_it_is(exchange):
            forms = len(entry.prepared)
            prepared = prepared_for(exchange, entry)
            if len(entry.prepared) != forms:
                self._shelf.resize(entry)
            return await send_prepared(exchange, entry.status, prepared, age, status, self._client_seconds)
        answer = held(entry, exchange.request.headers, is_head=exchange.request.method == "HEAD")
        answer.headers.append((b"Age", b"%d" % age))
        answer.headers.append((b"Cache-Status", status))
        return await passage.send(answer)

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
        wish = Wish(entry.key, exchange.request.headers, True, _has_own(exchange.request.headers))
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

    def _is_passed(self, key: str) -> bool:
        until = self._passes.get(key)
        return until is not None and time.monotonic() < until

    def _remember_passed(self, key: str) -> None:
        passes = self._passes
        passes.pop(key, None)
        if len(passes) >= _MOST_PASSES:
            del passes[next(iter(passes))]
        passes[key] = time.monotonic() + _PASS_SECONDS


def _key(exchange: Exchange, target: str) -> str:
    """The address as its reader sees it: services are told its host and scheme, and could answer by them."""
    origin = exchange.origin
    return f"{origin.scheme}://{origin.host}{target}"


def _named(here: str, location: str) -> str | None:
    """The key of an address that an answer from `here` names; None for one elsewhere, and for what is none."""
    try:
        named, own = urlsplit(urljoin(here, location)), urlsplit(here)
    except ValueError:
        return None
    is_here = (named.scheme, named.netloc) == (own.scheme, own.netloc)
    return named._replace(fragment="").geturl() if is_here else None


def _rules(asked: Fields) -> RequestRules:
    if hdrs.CACHE_CONTROL in asked or hdrs.PRAGMA in asked:
        return request_rules(",".join(asked.getall(hdrs.CACHE_CONTROL, ())), asked.get(hdrs.PRAGMA, ""))
    return NOTHING_ASKED


def _has_own(asked: Fields) -> bool:
    return hdrs.AUTHORIZATION in asked or hdrs.COOKIE in asked


def _is_for_service(asked: Fields) -> bool:
    """Whether only the service itself can answer."""
    return hdrs.IF_MATCH in asked or hdrs.IF_UNMODIFIED_SINCE in asked or hdrs.UPGRADE in asked
