"""What calling a service is: the request streams in, the response streams out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from services.gateway.client.body import RequestBody
from services.gateway.upstreams.begun import Begun
from services.gateway.upstreams.connection import Connection
from services.gateway.upstreams.incoming import RawHeaders


class UpstreamBroke(Exception):
    """The response ended before its end; its headers may already be with the client."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What a service is asked. `head` makes the request's head around the lines that differ from try to try."""

    method: str
    head: Callable[[bytes], bytes]
    body: RequestBody | None
    may_switch: bool = False
    """Whether it asks for another protocol on its connection, so that 101 may be the answer."""
    seconds: float | None = None
    """Time for the head of the answer: from now, or from the last of the body; None: as long as any request has."""
    begun: Begun | None = None
    """It was sent already; what is left is to wait, and to do what is done when that does not go well."""


class UpstreamResponse(Protocol):
    """What a service answers: the head at once, the body as it comes. `close` must be called."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> RawHeaders:
        """The header fields with duplicates, as received."""

    @property
    def length(self) -> int | None:
        """How long the body is going to be, if the service says it."""

    @property
    def whole(self) -> bytes | None:
        """The body, when all of it is here; it is then not to be had from `chunks`."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as received, not decoded. Raises UpstreamBroke when it is cut off."""

    @property
    def switched(self) -> Connection | None:
        """The connection, once the service switched to another protocol on it."""

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else drop it."""


class Upstream(Protocol):
    """One service."""

    @property
    def name(self) -> str:
        """The service's name, as in internal tokens and logs."""

    def begin(self, head: Callable[[bytes], bytes], seconds: float) -> Begun | None:
        """Send a GET without a body at once, if nothing has to be waited for; else None, and nothing was done."""

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """Forward the request. Raises Unavailable (not reached), BadGateway (broke off) or GatewayTimeout before the
        response's head, or the client's own failure when its body broke off."""
