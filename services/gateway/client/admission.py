"""How many connections may be open: in all, and from one address, so that nobody takes every one of them."""

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import Sequence

from services.gateway.client.addresses import limit_key_of
from services.gateway.settings import Network
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.context import enter_request
from shared.log import get_logger
from shared.problems import MEDIA_TYPE, problem_body

_LINGERING_SECONDS = 1.0  # for the client to read why, before we close on what it is sending
_RETRY_SECONDS = 5
_LOG_EACH = 1000
_log = get_logger("gateway.admission")


class Admission:
    """The connections of one gateway process. A trusted proxy brings the connections of many, and is not counted."""

    def __init__(self, *, most: int, most_from_one: int, trusted: Sequence[Network]) -> None:
        self._most = most
        self._most_from_one = most_from_one
        self._trusted = trusted
        self._open = 0
        self._from: Counter[str] = Counter()
        self._refused = 0

    def enter(self, transport: asyncio.BaseTransport) -> str | None:
        """The name under which a new connection is counted until `leave`; None when it is one too many."""
        peer = transport.get_extra_info("peername")
        key = self._key(peer[0]) if isinstance(peer, tuple) else ""
        if self._open >= self._most or (key and self._from[key] >= self._most_from_one):
            return None
        self._open += 1
        if key:
            self._from[key] += 1
        return key

    def leave(self, key: str) -> None:
        """A connection that entered as `key` is closed."""
        self._open -= 1
        if key:
            self._from[key] -= 1
            if not self._from[key]:
                del self._from[key]

    def refuse(self, transport: asyncio.Transport) -> None:
        """Tell a connection that there is no room for it, without waiting for what it wants, and close it."""
        self._refused += 1
        if self._refused % _LOG_EACH == 1:
            _log.warning("connections_refused", so_far=self._refused, open=self._open)
        request_id = enter_request(None)
        body = json.dumps(problem_body("unavailable", detail="Too many connections are open here.")).encode()
        head = (
            f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
            f"Cache-Control: no-store\r\nRetry-After: {_RETRY_SECONDS}\r\nServer: openpolicy\r\n"
            f"{REQUEST_ID_HEADER}: {request_id}\r\nConnection: close\r\n\r\n"
        )
        transport.write(head.encode() + body)
        transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGERING_SECONDS, transport.abort)

    def _key(self, text: str) -> str:
        if self._trusted:
            address = ipaddress.ip_address(text.partition("%")[0])
            address = getattr(address, "ipv4_mapped", None) or address
            if any(address in network for network in self._trusted):
                return ""
        return limit_key_of(text)
