"""The server's side of a connection: what aiohttp's protocol does badly for a gateway is put right here."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from aiohttp import HttpVersion, HttpVersion10, HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import BadHttpMethod, HttpProcessingError, InvalidURLError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from services.gateway.client.admission import Admission
from services.gateway.client.chunks import PIECE, Framing
from services.gateway.client.laned import Lane, Laned
from services.gateway.problems import HeadersTooLarge, TargetTooLong, Unexpected
from services.gateway.settings import GatewaySettings
from shared import errors
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.context import enter_request
from shared.log import get_logger
from shared.problems import problem_response

if TYPE_CHECKING:
    from services.gateway.client.fields import Fields

_log = get_logger("gateway.protocol")
_LINE_CHARACTERS = 160
_LINGERING_SECONDS = 3  # for the client to read a refusal before we close on the body it is still sending


class ResponseAborted(ConnectionError):
    """The response was cut off on purpose: its head is out, and its rest will never come."""


class GatewayProtocol(Laned):
    """One client connection.

    Requests the parser refuses get a problem and one short log line instead of plain text and a traceback. Headers
    must be complete within `header_seconds`. A body that turns out malformed fails at once.
    """

    def __init__(self, manager: web.Server, *, header_seconds: float, admission: Admission, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self._header_seconds = header_seconds
        self._admission = admission
        self._counted_as: str | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._framing: Framing | None = None  # of the chunked body that is coming
        self.fields: Fields | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock for the first request, if there is room for one more."""
        self._counted_as = self._admission.enter(transport)
        if self._counted_as is None:
            self._admission.refuse(cast(asyncio.Transport, transport))
            return
        super().connection_made(transport)
        self._header_timer = self._loop.call_later(self._header_seconds, self._headers_are_late)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the clock."""
        if self._counted_as is None:
            return
        self._admission.leave(self._counted_as)
        self._stop_clock()
        super().connection_lost(exc)

    def parse(self, data: bytes) -> None:
        """Parse, and watch how long a head takes, and what a chunked body holds beside its data."""
        if self._counted_as is None:
            return
        if self._framing is None and (len(data) <= PIECE or self._current_request is not None):
            self._parse(data)
            return
        for at in range(0, len(data) or 1, PIECE):
            self._parse(data[at : at + PIECE])

    def _parse(self, data: bytes) -> None:
        super().parse(data)
        if self._waiter is not None and not self._waiter.done():
            if data and self._header_timer is None:
                self._header_timer = self._loop.call_later(self._header_seconds, self._headers_are_late)
        elif self._messages or self._current_request is not None:
            self._stop_clock()
        if self._messages and self._current_request is not None and _is_error(self._messages[-1][0]):
            # The parser gave up within the body of the request being handled, and would leave its reader waiting.
            payload = self._current_request.content
            if not payload.is_eof() and payload.exception() is None:
                payload.set_exception(RequestPayloadError("malformed body"))
        if self._framing is not None:
            self._weigh(self._framing, len(data))
        if self._framing is None and self._messages and self._messages[-1][1] is not EMPTY_PAYLOAD:
            message, payload = self._messages[-1]
            if isinstance(message, RawRequestMessage) and message.chunked and not payload.is_eof():
                self._framing = Framing(payload)

    def _weigh(self, framing: Framing, received: int) -> None:
        if framing.is_over:
            self._framing = None
        elif framing.outgrows(received, held_back=self._reading_paused):
            framing.fail(RequestPayloadError("more framing than data"))
            self._close = True  # nothing more is parsed

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The problem for what the parser refused. Closes the connection."""
        if isinstance(exc, ConnectionError):
            raise exc  # ResponseAborted, or the client left: nothing can be said any more
        if request.writer.output_size > 0:
            raise ResponseAborted("failed after the head was sent") from exc
        request_id = enter_request(None)
        error = _as_problem(status, exc, self.max_line_size)
        _log.info(
            "request_refused", kind=error.kind, error=type(exc).__name__, client=request.remote,
            said=(message or str(exc))[:_LINE_CHARACTERS],
        )  # fmt: skip
        response = problem_response(error, request)
        response.headers[REQUEST_ID_HEADER] = request_id
        response.headers["Server"] = SERVER
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """One line with the exception's type: what a client sends must not fill the log with tracebacks."""
        error = kw.get("exc_info")
        _log.warning("connection_error", error=type(error).__name__, said=str(error)[:_LINE_CHARACTERS])

    def _headers_are_late(self) -> None:
        self._header_timer = None
        if self._waiter is not None and not self._waiter.done():
            self.force_close()

    def _stop_clock(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


class GatewayRequest(web.BaseRequest):
    """A request whose answer is HTTP/1.0 or 1.1, whatever version it claimed itself."""

    @property
    def version(self) -> HttpVersion:
        """The version that the answer speaks."""
        if self._version is HttpVersion11:  # as nearly all do
            return HttpVersion11
        return HttpVersion10 if self.claims_unspoken_version else self._version

    @property
    def claims_unspoken_version(self) -> bool:
        """Whether the request line names another version than 1.0 or 1.1."""
        return self._version is not HttpVersion11 and self._version not in (HttpVersion10, HttpVersion11)

    @property
    def message_closes(self) -> bool:
        """Whether the client said that this is its last request on the connection."""
        return bool(self._message.should_close)

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request: not once the gateway is stopping."""
        return not self._message.should_close and not self._is_draining()

    def _is_draining(self) -> bool:
        server = self._protocol._manager
        return isinstance(server, GatewayServer) and server.is_draining


def _make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> GatewayRequest:
    return GatewayRequest(message, payload, protocol, writer, task, protocol._loop)


class GatewayServer(web.Server):
    """aiohttp's low-level server with our protocol."""

    def __init__(
        self, handler: Any, settings: GatewaySettings, *, lane: Lane | None = None, on_drain: Callable[[], None]
    ) -> None:
        super().__init__(handler, request_factory=_make_request, handler_cancellation=True)
        self._on_drain = on_drain
        self._lane = lane
        self.is_draining = False
        target, field = settings.max_target_bytes, settings.max_header_bytes
        self._settings: dict[str, Any] = {
            "header_seconds": settings.header_seconds,
            "admission": Admission(
                most=settings.max_connections,
                most_from_one=settings.max_connections_of_one,
                trusted=settings.trusted_proxies,
            ),
            "keepalive_timeout": settings.keepalive_seconds,
            "lingering_time": _LINGERING_SECONDS,
            "max_line_size": target,
            # The parser's error tells a long target from a long field only by the limit, so the two must differ.
            "max_field_size": field if field != target else field + 1,
            "max_headers": settings.max_headers,
        }

    def drain(self) -> None:
        """Say that no more traffic should come, and with each answer that it is its connection's last."""
        self.is_draining = True
        self._on_drain()
        for connection in self.connections:
            if isinstance(connection, Laned):
                connection.leave_lane()

    def __call__(self) -> RequestHandler:
        """A protocol for one more connection."""
        lane = None if self.is_draining else self._lane
        return GatewayProtocol(
            self, loop=self._loop, access_log=None, auto_decompress=False, lane=lane, **self._settings
        )


SERVER = "openpolicy"
"""Our `Server` header: no versions."""


def _is_error(message: object) -> bool:
    return isinstance(getattr(message, "exc", None), HttpProcessingError)


def _as_problem(status: int, exc: BaseException | None, line_limit: int) -> errors.PlatformError:
    if isinstance(exc, LineTooLong):
        if exc.args[1] == line_limit:
            return TargetTooLong("The request target is too long.")
        return HeadersTooLarge("A header field is too large.")
    if isinstance(exc, HttpProcessingError):
        if "Too many headers" in exc.message:
            return HeadersTooLarge("There are too many header fields.")
        if isinstance(exc, InvalidURLError):
            return errors.Invalid("The request target is malformed.")
        if isinstance(exc, BadHttpMethod):
            return errors.Invalid("The request line is malformed.")
        return errors.Invalid("The request is not well-formed HTTP/1.1.")
    if status == 504:
        return errors.GatewayTimeout("This took too long.")
    return Unexpected("Something went wrong on our side. Quote the request id.")
