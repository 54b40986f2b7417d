"""Which header fields pass, in both directions."""

import re
from collections.abc import Iterable, Iterator

from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy

from shared.errors import Invalid

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
        "x-method-override", "via",
    }
)  # fmt: skip
_SPOOFABLE_PREFIXES = (
    "x-forwarded-", "x-user", "x-role", "x-account", "x-auth-", "x-identity", "x-session", "x-internal-", "x-scope",
    "x-authenticated-",
)  # fmt: skip
_CONSUMED = frozenset({"authorization", "expect"})  # meant for the gateway itself
_NOT_FROM_SERVICES = frozenset(
    {
        "server", "x-powered-by", "via", "x-request-id", "x-internal-token", "ratelimit", "ratelimit-policy",
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers",
    }
)  # fmt: skip
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def forwarded_request_headers(
    received: CIMultiDictProxy[str], *, keep_cookies: bool, keep_length: bool
) -> CIMultiDict[str]:
    """What of a client's header fields goes to a service: duplicates kept, in order; nothing hop-by-hop, nothing that
    `Connection` nominates, nothing that claims an identity or an origin."""
    nominated = _nominated(received)
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in received.items():
        plain = name.lower().replace("_", "-")
        if plain in _HOP_BY_HOP or plain in _SPOOFABLE or plain in _CONSUMED or plain.startswith(_SPOOFABLE_PREFIXES):
            continue
        if plain in nominated or (plain == "cookie" and not keep_cookies):
            continue
        if plain == "content-length" and (name.lower() != plain or not keep_length):
            continue
        passed.add(name, _encodable(value))
    return passed


def forwarded_response_headers(received: CIMultiDict[str]) -> CIMultiDict[str]:
    """What of a service's header fields goes to the client."""
    pairs = list(received.items())
    nominated = _nominated(received)
    if any(name.lower() == "transfer-encoding" for name, _ in pairs):
        nominated |= {"content-length"}  # it does not count then, and must not reach anyone for whom it would
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in pairs:
        plain = name.lower()
        if plain not in _HOP_BY_HOP and plain not in _NOT_FROM_SERVICES and plain not in nominated:
            passed.add(name, _encodable(value))
    return passed


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


def header_bytes(received: CIMultiDictProxy[str]) -> int:
    """The size of all header fields together."""
    return sum(len(name) + len(value) + 4 for name, value in received.items())


def _nominated(headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> frozenset[str]:
    if hdrs.CONNECTION not in headers:
        return frozenset()
    return frozenset(_tokens(headers.getall(hdrs.CONNECTION)))


def _tokens(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        for token in value.split(","):
            yield token.strip().lower().replace("_", "-")


def _encodable(value: str) -> str:
    """Bytes that were not UTF-8 came as lone surrogates, which could not be written out again."""
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
