"""In front of an application: plain requests that a service knows how to answer at once, in one piece.

aiohttp's Application finds a route, runs middlewares and prepares a Response for each request, which takes longer than
reading a short text. A service may put a shortcut before it. What a shortcut declines, and every request that is not
plain (an expectation, another method or version, no valid token), goes to the application as ever.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import cast

from aiohttp import HttpVersion11, hdrs, web

from shared.context import HEADER as REQUEST_ID_HEADER
from shared.context import enter_request
from shared.errors import PlatformError, Unauthenticated
from shared.keys import ACCESS_LOG, HEALTH, INTERNAL_TOKENS, METRICS, Handler
from shared.log import get_logger
from shared.problems import problem_response
from shared.tokens import INTERNAL_HEADER

_log = get_logger("shared.front")
_NOT_PLAIN = (hdrs.EXPECT, hdrs.RANGE, hdrs.UPGRADE)


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer, all of it. `lines` are its header lines but for those that every answer has."""

    lines: str
    body: bytes | None
    """None: the caller has it, and is told so by 304."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request that a shortcut knows; `answer` gives None where the application has to look closer after all."""

    route: str
    """The label of logs and metrics: that of the application for the same address."""
    answer: Callable[[], Awaitable[Whole | None]]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What a service puts before its application."""

    question: Callable[[web.BaseRequest], Question | None]
    """What a plain GET request asks; None: nothing that is known here."""


SHORTCUT = web.AppKey("SHORTCUT", Shortcut)


class SentAnswer:
    """An answer that is with the client already; what aiohttp's server asks of a response."""

    prepared = True
    keep_alive = True
    __slots__ = ("status",)

    def __init__(self, status: int) -> None:
        self.status = status

    async def prepare(self, _: web.BaseRequest) -> None:
        """Nothing is left to do."""

    async def write_eof(self) -> None:
        """Nothing is left to do."""


_OK, _NOT_MODIFIED = SentAnswer(200), SentAnswer(304)


class Front:
    """The handler of all requests of an application that has a shortcut."""

    def __init__(self, app: web.Application, shortcut: Shortcut, application: Handler) -> None:
        self._shortcut = shortcut
        self._application = application
        self._metrics = app[METRICS]
        self._access_log = app[ACCESS_LOG]
        self._tokens = app[INTERNAL_TOKENS]
        self._health = app[HEALTH]

    async def handle(self, request: web.Request) -> web.StreamResponse | SentAnswer:
        """Answer by the shortcut, or have the application answer."""
        question = self._shortcut.question(request) if self._is_plain(request) else None
        if question is None:
            return await self._application(request)
        request_id = enter_request(request.headers.get(REQUEST_ID_HEADER))
        started = time.perf_counter()
        status = 499  # the client left
        self._metrics.active += 1
        try:
            whole = await question.answer()
            if whole is not None:
                sent = await _send(request, request_id, whole)
                status = sent.status
                return sent
            status = 0
        except PlatformError as error:
            response = problem_response(error, request)
            response.headers[REQUEST_ID_HEADER] = request_id
            status = response.status
            return response
        except ConnectionError:
            raise
        except Exception:
            self._metrics.errors.inc()
            _log.exception("unhandled_error", method=request.method, route=question.route)
            status = 0
        finally:
            self._metrics.active -= 1
            if status:
                seconds = time.perf_counter() - started
                self._metrics.requests.observe("GET", question.route, status, seconds)
                self._access_log.write(request_id, "GET", request.raw_path, question.route, status, seconds)
        return await self._application(request)

    def _is_plain(self, request: web.BaseRequest) -> bool:
        headers = request.headers
        if request.method != "GET" or request.version != HttpVersion11 or not request.keep_alive:
            return False
        if self._health.draining:
            return False  # it closes the connections
        for name in _NOT_PLAIN:
            if name in headers:
                return False
        try:
            self._tokens.verify(headers.get(INTERNAL_HEADER, ""))
        except Unauthenticated:
            return False  # which the application says
        return True


async def _send(request: web.BaseRequest, request_id: str, whole: Whole) -> SentAnswer:
    transport, body = request.transport, whole.body
    if transport is None:
        raise ConnectionResetError("the client left")
    lines = f"{whole.lines}{_date_line(int(time.time()))}{REQUEST_ID_HEADER}: {request_id}\r\n"
    if body is None:
        transport.write(f"HTTP/1.1 304 Not Modified\r\n{lines}\r\n".encode("latin-1"))
        return _NOT_MODIFIED
    head = f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    transport.write(head.encode("latin-1") + body)
    if request.protocol.writing_paused:
        await request.writer.drain()
    return _OK


@lru_cache(maxsize=2)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"


class Runner(web.AppRunner):
    """Runs an application with its shortcut, if it has one, in front of it."""

    async def setup(self) -> None:
        """Start the application; to be called before sites are added."""
        await super().setup()
        shortcut = self.app.get(SHORTCUT)
        if shortcut is not None and self.server is not None:
            front = Front(self.app, shortcut, cast(Handler, self.server.request_handler))
            self.server.request_handler = front.handle  # type: ignore[assignment] # as ServerRunner's handlers are
