"""Sending what is kept: in one piece, of bytes that are made once."""

from aiohttp import hdrs

from services.gateway.cache.entry import Entry, Prepared
from services.gateway.client.compression import WORTH_BYTES, Coding, accepted, coded, may_be_coded, varying
from services.gateway.client.lines import kind_of
from services.gateway.exchange import Exchange
from services.gateway.relay import status_line


def goes_as_it_is(exchange: Exchange) -> bool:
    """Whether the client gets all of an entry, in the version of HTTP in which it is prepared."""
    fields = exchange.fields
    if exchange.method != "GET" or fields.version != (1, 1):
        return False
    if fields.is_plain:
        return True
    asked = fields.headers
    return not (hdrs.IF_NONE_MATCH in asked or hdrs.IF_MODIFIED_SINCE in asked or hdrs.RANGE in asked)


def prepared_for(exchange: Exchange, entry: Entry) -> Prepared:
    """The form of an entry that this client gets; made once, and kept with it."""
    coding = _coding(exchange, entry) if len(entry.body) >= WORTH_BYTES else None
    name = "" if coding is None else coding.name
    found = entry.prepared.get(name)
    if found is None:
        found = entry.prepared[name] = _prepare(entry, coding)
    return found


def prepared_answer(exchange: Exchange, prepared: Prepared, age: float, said: bytes, *, keep_alive: bool) -> bytes:
    """What the client gets; `said` is what Cache-Status says."""
    return b"%bAge: %d\r\nCache-Status: %b\r\n%b%b\r\n%b" % (
        prepared.head,
        age,
        said,
        b"" if keep_alive else b"Connection: close\r\n",
        exchange.lines(prepared.kinds),
        prepared.body,
    )


def _coding(exchange: Exchange, entry: Entry) -> Coding | None:
    allowed = entry.coding_for
    if allowed is None:
        allowed = entry.coding_for = (
            may_be_coded(entry.status, entry.headers, has_credentials=False),
            may_be_coded(entry.status, entry.headers, has_credentials=True),
        )
    if not allowed[0]:
        return None
    fields = exchange.fields
    if not allowed[1] and fields.has_credentials:
        return None
    return accepted(fields.headers.get(hdrs.ACCEPT_ENCODING, ""))


def _prepare(entry: Entry, coding: Coding | None) -> Prepared:
    headers, body = entry.headers, entry.body
    if coding is not None:
        body = coding.whole(body)
        headers = [*coded(headers, coding), (b"Content-Length", b"%d" % len(body))]
    elif entry.coding_for is not None and entry.coding_for[0]:
        headers = varying(headers)
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    kinds = 0
    for name, _ in headers:
        kinds |= kind_of(name)
    return Prepared(status_line(entry.status) + lines, kinds, body)
