"""Answers on their way to the client: short ones in one piece, long ones as they come."""

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import hdrs, web
from multidict import CIMultiDict

from services.gateway.client.compression import WORTH_BYTES, Coding, accepted, coded, may_be_coded, varying
from services.gateway.client.headers import RawHeaders, passed_from_service
from services.gateway.client.lines import DATE, LENGTH, kind_of
from services.gateway.client.protocol import GatewayRequest, ResponseAborted
from services.gateway.exchange import Exchange
from services.gateway.upstreams.upstream import UpstreamBroke, UpstreamResponse
from services.gateway.upstreams.whole import Whole
from shared.log import get_logger

_log = get_logger("gateway.relay")
_BODILESS = (204, 304)


class SentAnswer:
    """An answer that is with the client already; what aiohttp's server asks of a response."""

    prepared = True
    __slots__ = ("keep_alive", "status")

    def __init__(self, status: int, *, keep_alive: bool) -> None:
        self.status = status
        self.keep_alive = keep_alive

    async def prepare(self, _: web.BaseRequest) -> None:
        """Nothing is left to do."""

    async def write_eof(self) -> None:
        """Nothing is left to do."""


async def send_whole(exchange: Exchange, answer: UpstreamResponse, body: bytes, seconds: float) -> SentAnswer:
    """Send head and body in one piece. A client that reads too slowly is cut off after `seconds`."""
    request = exchange.request
    data = whole_answer(exchange, answer, body, keep_alive=request.keep_alive)
    return await write_out(request, answer.status, data, seconds)


def whole_answer(exchange: Exchange, answer: UpstreamResponse, body: bytes, *, keep_alive: bool) -> bytes:
    """What the client gets of an answer that is all here."""
    headers, coding = _in_coding(exchange, answer, len(body))
    if coding is not None and body:
        body = coding.whole(body)
    return _head(exchange, answer.status, headers, len(body), keep_alive=keep_alive) + body


def short_answer(exchange: Exchange, whole: Whole, said: bytes) -> bytes | None:
    """The same for an answer that is too short to be compressed, with one line more; None: it is not."""
    if len(whole.body) >= WORTH_BYTES:
        return None
    lines = [line.passed for line in whole.lines]
    lines.append(said)
    return _around(exchange, whole.status, lines, whole.kinds) + whole.body


async def write_out(request: GatewayRequest, status: int, data: bytes, seconds: float) -> SentAnswer:
    """Send an answer whose bytes are made: a head that says `Connection: close` where the connection ends, and a body.
    A client that reads too slowly is cut off after `seconds`."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client left")
    transport.write(data)
    request.writer.output_size += len(data)
    if request.protocol.writing_paused:
        try:
            async with asyncio.timeout(seconds):
                await request.writer.drain()
        except TimeoutError as error:
            abort(request)
            raise ResponseAborted("the client does not read") from error
    return SentAnswer(status, keep_alive=request.keep_alive)


async def send_stream(
    exchange: Exchange, answer: UpstreamResponse, name: str, seconds: float
) -> web.StreamResponse | SentAnswer:
    """Send the answer as it comes, no faster than the client reads. `name` is the service's, for the log."""
    request = exchange.request
    headers, coding = _in_coding(exchange, answer, len(answer.whole) if answer.whole else answer.length)
    try:
        if coding is None and answer.length is not None and answer.whole is None and request.version == (1, 1):
            return await _send_parts(exchange, answer, headers, answer.length, seconds)
        return await _send_framed(exchange, answer, headers, coding, seconds)
    except UpstreamBroke as error:
        _log.warning("response_cut_off", service=name, error=str(error))
        abort(request)
        raise ResponseAborted("the service broke off within its response") from error
    except TimeoutError as error:
        _log.info("client_reads_too_slowly", service=name)
        abort(request)
        raise ResponseAborted("the client does not read") from error


async def _send_parts(
    exchange: Exchange, answer: UpstreamResponse, headers: RawHeaders, length: int, seconds: float
) -> SentAnswer:
    """Send a body of a known length: its parts are what they are, and nothing stands between them."""
    request = exchange.request
    head = _head(exchange, answer.status, headers, length, keep_alive=request.keep_alive)
    sent = await write_out(request, answer.status, head, seconds)
    async for chunk in answer.chunks():
        sent = await write_out(request, answer.status, chunk, seconds)
    return sent


async def _send_framed(
    exchange: Exchange, answer: UpstreamResponse, received: RawHeaders, coding: Coding | None, seconds: float
) -> web.StreamResponse:
    """Send a body of which nobody knows how long it is going to be, or to a client that speaks HTTP/1.0."""
    headers: CIMultiDict[str] = CIMultiDict()
    for field, value in received:
        headers.add(field.decode("latin-1"), value.decode())
    response = web.StreamResponse(status=answer.status, headers=headers)
    exchange.finish(response.headers)
    await response.prepare(exchange.request)
    compressor = coding.start() if coding is not None and exchange.method != "HEAD" else None
    async for chunk in _parts(answer):
        await _write(response, compressor.add(chunk) if compressor else chunk, seconds)
    if compressor is not None:
        await _write(response, compressor.finish(), seconds)
    async with asyncio.timeout(seconds):
        await response.write_eof()
    return response


def abort(request: web.BaseRequest) -> None:
    """Cut the client's connection: what it has of the answer is not all, and it must see that."""
    if request.transport is not None:
        request.transport.abort()


async def _parts(answer: UpstreamResponse) -> AsyncIterator[bytes]:
    if answer.whole is None:
        async for chunk in answer.chunks():
            yield chunk
    elif answer.whole:
        yield answer.whole


def _in_coding(exchange: Exchange, answer: UpstreamResponse, length: int | None) -> tuple[RawHeaders, Coding | None]:
    """The header fields that go to the client, and the coding of the body if it gets one of ours."""
    headers = passed_from_service(answer.headers)
    if exchange.method == "HEAD":
        length = answer.length  # of the body that GET would get
    if length is not None and length < WORTH_BYTES:
        return headers, None
    fields = exchange.fields
    if not may_be_coded(answer.status, headers, has_credentials=fields.has_credentials):
        return headers, None
    coding = accepted(fields.headers.get(hdrs.ACCEPT_ENCODING, ""))
    return (varying(headers), None) if coding is None else (coded(headers, coding), coding)


async def _write(response: web.StreamResponse, chunk: bytes, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await response.write(chunk)


def _head(exchange: Exchange, status: int, headers: RawHeaders, length: int, *, keep_alive: bool) -> bytes:
    lines = []
    kinds = 0
    for name, value in headers:
        lines.append(b"%b: %b\r\n" % (name, value))
        kinds |= kind_of(name)
    if not kinds & LENGTH and status not in _BODILESS and exchange.method != "HEAD":
        lines.append(b"Content-Length: %d\r\n" % length)
    if not keep_alive:
        lines.append(b"Connection: close\r\n")
    return _around(exchange, status, lines, kinds)


def _around(exchange: Exchange, status: int, lines: list[bytes], kinds: int) -> bytes:
    """The head of an answer: these lines, which are of these kinds, and what every answer has."""
    if not kinds & DATE:
        lines.append(_date_line(int(time.time())))
    return b"%b%b%b\r\n" % (status_line(status), b"".join(lines), exchange.lines(kinds))


@lru_cache(maxsize=2)
def _date_line(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()


@lru_cache(maxsize=1000)
def status_line(status: int) -> bytes:
    """The first line of an answer."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def goes_in_one_piece(request: GatewayRequest, answer: UpstreamResponse) -> bool:
    """Whether the whole body is here, and the client speaks the version in which connections are kept."""
    return answer.whole is not None and request.version == (1, 1)
