"""Calling another service: its address, an internal token for the user on whose behalf we call, and the request id."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from shared import errors
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.context import current_request_id
from shared.deadline import HEADER as DEADLINE_HEADER
from shared.deadline import milliseconds_left
from shared.identity import ANONYMOUS, Identity
from shared.problems import STATUS, kind_of_status
from shared.tokens import INTERNAL_HEADER, InternalTokens

_BY_KIND: dict[str, type[errors.PlatformError]] = {
    error.kind: error
    for error in (
        errors.Invalid, errors.Unprocessable, errors.Unauthenticated, errors.Forbidden, errors.NotFound, errors.NotHeld,
        errors.Conflict, errors.Gone, errors.PreconditionFailed, errors.PreconditionRequired, errors.TooLarge,
        errors.UnsupportedMedia, errors.TooManyRequests, errors.Unavailable, errors.BadGateway, errors.GatewayTimeout,
        errors.SecondFactorRequired, errors.ReauthenticationRequired,
    )
}  # fmt: skip


_UPLOAD = aiohttp.ClientTimeout(total=600, sock_connect=2)


class ServiceClient:
    """A client of one service. Its errors come back as the same kinds that the service raised. `base_url` may be a
    function, where the address changes."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str | Callable[[], str], audience: str, tokens: InternalTokens
    ) -> None:
        self._session = session
        self._base = base_url
        self._audience = audience
        self._tokens = tokens

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, identity: Identity = ANONYMOUS
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON body and headers of a GET; a redirect is followed once, within the service."""
        return await self._call("GET", path, params=params, identity=identity, redirects=True)

    async def post(self, path: str, body: Any, *, identity: Identity = ANONYMOUS) -> Any:
        """The JSON body answered to a POST, or None for 204."""
        return (await self.send("POST", path, body, identity=identity))[0]

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        identity: Identity = ANONYMOUS,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON body (None for 204) and headers answered to a method that changes something.

        `body` is sent as JSON, a FormData as the form that it is (a file in it may take minutes), None not at all.
        """
        sent: dict[str, Any] = {} if body is None else {"json": body}
        if isinstance(body, aiohttp.FormData):
            sent = {"data": body, "timeout": _UPLOAD}
        return await self._call(method, path, identity=identity, given=headers, **sent)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        identity: Identity,
        redirects: bool = False,
        given: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> tuple[Any, Mapping[str, str]]:
        headers = dict(given or {}) | {
            INTERNAL_HEADER: self._tokens.mint(identity, self._audience),
            REQUEST_ID_HEADER: current_request_id(),
        }
        left = milliseconds_left()
        if left:
            headers[DEADLINE_HEADER] = str(left)
        try:
            async with self._session.request(
                method, self._address() + path, headers=headers, allow_redirects=redirects, max_redirects=2, **arguments
            ) as response:
                if response.status == 204:
                    return None, response.headers
                if response.status >= 400:
                    error = await _error(response)
                    error.told_by = self._audience
                    raise error
                return await response.json(content_type=None), response.headers
        except TimeoutError as error:
            raise errors.GatewayTimeout(f"The {self._audience} service did not answer in time.") from error
        except aiohttp.ClientError as error:
            raise errors.Unavailable(f"The {self._audience} service cannot be reached.", retry_after=2) from error

    def _address(self) -> str:
        return (self._base if isinstance(self._base, str) else self._base()).rstrip("/")


def client_session(*, total_seconds: float = 10.0) -> aiohttp.ClientSession:
    """A session for calls between services: no cookies kept, bounded time and connections."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=total_seconds, sock_connect=2),
        connector=aiohttp.TCPConnector(limit=100, ttl_dns_cache=5),
    )


async def _error(response: aiohttp.ClientResponse) -> errors.PlatformError:
    try:
        problem = await response.json(content_type=None)
        kind = str(problem.get("type", "")).rpartition("#")[2]
        detail = str(problem.get("detail", ""))
        fields = tuple(errors.FieldError(str(e["detail"]), str(e["pointer"])) for e in problem.get("errors", []))
    except (ValueError, AttributeError, KeyError, TypeError):
        kind, detail, fields = "", "", ()
    if kind not in STATUS:
        kind = kind_of_status(response.status)
    error = _BY_KIND.get(kind, errors.BadGateway)
    if issubclass(error, errors.RetryLater):
        return error(detail, retry_after=float(response.headers.get("Retry-After", "1")))
    return error(detail, errors=fields)
