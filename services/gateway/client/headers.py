"""Which header fields pass, in both directions."""

import functools
import re
from collections.abc import Sequence

from aiohttp import hdrs
from multidict import CIMultiDictProxy

from shared.errors import Invalid

RawHeaders = Sequence[tuple[bytes, bytes]]
_HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "proxy-status",
        "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
    }
)  # fmt: skip
# What only the gateway may say to a service. Underscores count as hyphens: some frameworks cannot tell them apart.
_SPOOFABLE = frozenset(
    {
        "host", "forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip",
        "remote-addr", "remote-user", "x-remote-user", "x-request-id", "x-internal-token", "x-original-url",
        "x-original-uri", "x-original-host", "x-rewrite-url", "x-host", "x-http-method-override", "x-http-method",
        "x-method-override", "via", "x-request-deadline",
    }
)  # fmt: skip
_SPOOFABLE_PREFIXES = (
    "x-forwarded-", "x-user", "x-role", "x-account", "x-auth-", "x-identity", "x-session", "x-internal-", "x-scope",
    "x-authenticated-",
)  # fmt: skip
_CONSUMED = frozenset({"authorization", "expect", "traceparent", "tracestate"})  # meant for the gateway itself
_NOT_FROM_SERVICES = frozenset(
    {
        "server", "x-powered-by", "via", "x-request-id", "x-internal-token", "ratelimit", "ratelimit-policy",
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers",
        "cdn-cache-control", "cache-tags",
    }
)  # fmt: skip
_CONNECTION_LENGTH = len("connection")
_NOTHING: frozenset[bytes] = frozenset()
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def passing_lines(received: RawHeaders, *, keep_cookies: bool, keep_length: bool) -> bytes:
    """What of a client's header fields may pass, duplicates kept, in order; nothing hop-by-hop, nothing that
    `Connection` nominates, nothing that claims an identity or an origin."""
    parts: list[bytes] = []
    nominated = _nominated(received)
    for name, value in received:
        plain, passes = _of_request(name)
        if not passes or plain in nominated:
            continue
        if plain == b"cookie" and not keep_cookies:
            continue
        if plain == b"content-length" and not keep_length:
            continue
        parts += (name, b": ", _as_text(value), b"\r\n")
    return b"".join(parts)


def passed_from_service(received: RawHeaders) -> RawHeaders:
    """What of a service's header fields goes to the client."""
    nominated = _nominated(received)
    return [
        (name, value if value.isascii() else _as_text(value))
        for name, value in received
        for plain, passes in (of_response(name),)
        if passes and plain not in nominated
    ]


@functools.lru_cache(maxsize=2048)
def _of_request(name: bytes) -> tuple[bytes, bool]:
    """The name in its plain form, and whether fields of this name pass to a service."""
    plain = name.lower().replace(b"_", b"-")
    text = plain.decode("latin-1")
    stays = (
        text in _HOP_BY_HOP
        or text in _SPOOFABLE
        or text in _CONSUMED
        or text.startswith(_SPOOFABLE_PREFIXES)
        or (text == "content-length" and name.lower() != plain)
    )
    return plain, not stays


@functools.lru_cache(maxsize=2048)
def of_response(name: bytes) -> tuple[bytes, bool]:
    """The name in lower case, and whether fields of this name go to the client."""
    plain = name.lower()
    text = plain.decode("latin-1")
    return plain, text not in _HOP_BY_HOP and text not in _NOT_FROM_SERVICES


def check_framing(version: tuple[int, int], received: CIMultiDictProxy[str]) -> None:
    """Refuse what the next reader could frame or route differently than we do. The parser refuses most of it already;
    this does not depend on its leniency. Raises Invalid."""
    lengths = received.getall(hdrs.CONTENT_LENGTH, [])
    codings = received.getall(hdrs.TRANSFER_ENCODING, [])
    if len(lengths) > 1 or (lengths and not (lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 16)):
        raise Invalid("The Content-Length is not one number.")
    if codings:
        if lengths:
            raise Invalid("Content-Length and Transfer-Encoding exclude each other.")
        if len(codings) > 1 or codings[0].strip().lower() != "chunked" or version == (1, 0):
            raise Invalid("The only Transfer-Encoding understood here is chunked, over HTTP/1.1.")
    hosts = received.getall(hdrs.HOST, [])
    if len(hosts) > 1 or (version == (1, 1) and not hosts):
        raise Invalid("Exactly one Host header is needed.")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise Invalid("The Host header is malformed.")
    if len(received.getall(hdrs.AUTHORIZATION, [])) > 1:
        raise Invalid("At most one Authorization header makes sense.")


def header_bytes(received: RawHeaders) -> int:
    """The size of all header fields together."""
    return sum([len(name) + len(value) + 4 for name, value in received])


def _nominated(headers: RawHeaders) -> frozenset[bytes]:
    found: set[bytes] = set()
    for name, value in headers:
        if len(name) == _CONNECTION_LENGTH and name.lower() == b"connection":
            found.update(token.strip().lower().replace(b"_", b"-") for token in value.split(b","))
    return frozenset(found) if found else _NOTHING


def _as_text(value: bytes) -> bytes:
    """Bytes that are no UTF-8 are replaced: the next reader might take them for something else."""
    return value if value.isascii() else value.decode("utf-8", "replace").encode()
