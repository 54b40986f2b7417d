"""Calling a service: the request streams in, the response streams out. Nothing above this module knows the client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp import DummyCookieJar, hdrs
from multidict import CIMultiDict
from yarl import URL

from services.gateway.body import RequestBody
from services.gateway.paths import Target
from services.gateway.replicas import Replica, Replicas
from services.gateway.settings import GatewaySettings
from shared import errors

_AUTO_HEADERS = (hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE)
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class UpstreamBroke(Exception):
    """The response ended before its end; its headers may already be with the client."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What a service is asked. `headers` are complete but for Host and framing."""

    method: str
    target: Target
    headers: CIMultiDict[str]
    body: RequestBody | None


class UpstreamResponse(Protocol):
    """What a service answers: the head at once, the body as it comes. `close` must be called."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> CIMultiDict[str]:
        """The header fields with duplicates, as received."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as received, not decoded. Raises UpstreamBroke when it is cut off."""

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else drop it."""


class Upstream(Protocol):
    """One service."""

    @property
    def name(self) -> str:
        """The service's name, as in internal tokens and logs."""

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """Forward the request. Raises Unavailable (not reached), BadGateway (broke off) or GatewayTimeout before the
        response's head, or the client's own failure when its body broke off."""


class PooledUpstream:
    """A service reached through two pools of aiohttp's client, over all its replicas.

    Requests that can be repeated use kept connections and are repeated once when such a connection turns out dead, or
    its replica does. The others get a connection of their own: on a kept one nobody can tell whether they were carried
    out. Any request whose connection was refused surely never left, and goes to another replica.
    """

    def __init__(self, name: str, replicas: Replicas, settings: GatewaySettings) -> None:
        self._name = name
        self._replicas = replicas
        self._settings = settings
        self._kept = _session(settings, keep=True)
        self._fresh = _session(settings, keep=False)

    @property
    def name(self) -> str:
        """The service's name."""
        return self._name

    async def close(self) -> None:
        """Close all connections."""
        await self._kept.close()
        await self._fresh.close()

    async def send(self, request: UpstreamRequest) -> "_Response":
        """Forward the request; see Upstream."""
        repeatable = request.method in _IDEMPOTENT and request.body is None
        first = self._replicas.choose()
        if first is None:
            raise self._unreachable()
        try:
            return await self._send_to(first, request, repeatable)
        except errors.PlatformError as error:
            never_left = isinstance(error, errors.Unavailable)
            if never_left:
                first.refused()
            other = self._replicas.choose(but=first)
            if other is None or not (never_left or (repeatable and isinstance(error, errors.BadGateway))):
                raise
            return await self._send_to(other, request, repeatable)

    async def _send_to(self, replica: Replica, request: UpstreamRequest, repeatable: bool) -> "_Response":
        session = self._kept if repeatable else self._fresh
        seconds = self._settings.upstream_response_seconds
        headers = request.headers.copy()
        headers[hdrs.HOST] = replica.host
        replica.in_flight += 1
        response = None
        try:
            async with asyncio.timeout(seconds) as deadline:
                if request.body is not None:
                    # The service's time runs from the last of the body that it got.
                    loop = asyncio.get_running_loop()
                    request.body.on_progress = lambda: _extend(deadline, loop.time() + seconds)
                response = await session.request(
                    request.method,
                    URL(f"{replica.url}{request.target}", encoded=True),
                    headers=headers,
                    data=None if request.body is None else request.body.chunks(),
                    allow_redirects=False,
                )
        except TimeoutError as error:
            if isinstance(error, aiohttp.ConnectionTimeoutError):
                raise self._unreachable() from error
            raise errors.GatewayTimeout(f"The {self._name} service did not answer in time.") from error
        except aiohttp.ClientConnectorError as error:
            raise self._unreachable() from error
        except (aiohttp.ClientError, OSError) as error:
            if request.body is not None and request.body.failure is not None:
                raise request.body.failure from error
            raise errors.BadGateway(f"The {self._name} service broke off.") from error
        finally:
            if response is None:
                replica.in_flight -= 1
        return _Response(response, replica)

    def _unreachable(self) -> errors.Unavailable:
        return errors.Unavailable(f"The {self._name} service cannot be reached.", retry_after=2)


class _Response:
    """An UpstreamResponse over aiohttp's."""

    def __init__(self, response: aiohttp.ClientResponse, replica: Replica) -> None:
        self._response = response
        self._replica: Replica | None = replica
        self.status = response.status
        self.headers = response.headers.copy()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body; see UpstreamResponse."""
        content = self._response.content
        try:
            while chunk := await content.readany():
                yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UpstreamBroke(type(error).__name__) from error

    def close(self) -> None:
        """Drop the connection, unless it went back to its pool at the end of the body."""
        self._response.close()
        if self._replica is not None:
            self._replica.in_flight -= 1
            self._replica = None


def _extend(deadline: asyncio.Timeout, when: float) -> None:
    with contextlib.suppress(RuntimeError):  # the service answered before the body was complete
        deadline.reschedule(when)


def _session(settings: GatewaySettings, *, keep: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=settings.upstream_connections,
        force_close=not keep,
        keepalive_timeout=30 if keep else None,
        ttl_dns_cache=2,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=_AUTO_HEADERS,
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=settings.upstream_connect_seconds, sock_read=settings.upstream_idle_seconds
        ),
        max_line_size=32768,
        max_field_size=32768,
    )
