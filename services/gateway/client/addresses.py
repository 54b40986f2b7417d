"""Who is on the other end, and what the trusted proxies before us say of the connection."""

import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import HttpVersion, web

from services.gateway.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNKNOWN = ipaddress.IPv4Address("0.0.0.0")  # noqa: S104 - stands for "no address", nothing listens there


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a connection."""

    address: Address | None
    text: str
    limit_key: str
    """What one party is counted as: an IPv4 address, or the /64 that an IPv6 customer owns as a whole."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as far as we believe it."""

    client: Party
    scheme: str
    host: str


def origin_of(request: web.BaseRequest, trusted: Sequence[Network]) -> Origin:
    """The peer; or, if the peer is a trusted proxy, the rightmost address in X-Forwarded-For that is not."""
    party = _party(request.remote or "")
    scheme = "https" if request.transport and request.transport.get_extra_info("sslcontext") else "http"
    host = request.headers.get("Host", "")
    if not trusted or not _is_trusted(party.address, trusted):
        return Origin(party, scheme, host)
    claimed = request.headers.get("X-Forwarded-Proto", "").lower()
    scheme = claimed if claimed in ("http", "https") else scheme
    chain = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed(chain):
        found = _party(hop.strip())
        if found.address is None:
            break  # what stands left of nonsense is not believed either
        party = found
        if not _is_trusted(found.address, trusted):
            break
    return Origin(party, scheme, host)


def origin_lines(origin: Origin, version: HttpVersion) -> bytes:
    """What a service is told of it, as header lines, and that it came this way (RFC 9110, 7.6.3)."""
    lines = f"Via: {version.major}.{version.minor} openpolicy\r\n"
    lines += f"X-Forwarded-For: {origin.client.text}\r\nX-Forwarded-Proto: {origin.scheme}\r\n"
    if origin.host:
        lines += f"X-Forwarded-Host: {origin.host}\r\n"
    return lines.encode("ascii")


def limit_key_of(peer: str) -> str:
    """What the party at an address is counted as; see Party."""
    return _party(peer).limit_key


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


@functools.lru_cache(maxsize=4096)
def _party(text: str) -> Party:
    address = _parse(text)
    shown = address or _UNKNOWN
    key = str(ipaddress.IPv6Network((shown, 64), strict=False)) if shown.version == 6 else str(shown)
    return Party(address, str(shown), key)


def _parse(text: str) -> Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
