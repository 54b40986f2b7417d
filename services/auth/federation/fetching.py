"""Asking a provider: in bounded time, for bounded answers, and never where a redirect leads."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from services.auth.federation.settings import is_safe
from shared.errors import Unavailable

MOST_BYTES = 256 * 1024
_SECONDS = 5.0
_AWAY = "The provider cannot be reached."


class Fetcher:
    """An HTTP client for providers. Raises Unavailable for whatever is no good answer."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, address: str) -> dict[str, Any]:
        """The JSON object at an address."""
        return (await self._ask("GET", address))[1]

    async def post(
        self, address: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object answered to a form; a 4xx is an answer, too."""
        return await self._ask("POST", address, headers, data=dict(form))

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> tuple[int, dict[str, Any]]:
        if not is_safe(address):
            raise Unavailable(_AWAY, retry_after=60)
        try:
            async with self._session.request(
                method,
                address,
                allow_redirects=False,
                headers={"Accept": "application/json", **(headers or {})},
                **sent,
            ) as answer:
                if answer.status != 200 and not (method == "POST" and 400 <= answer.status < 500):
                    raise Unavailable(_AWAY, retry_after=5)
                raw = await answer.content.read(MOST_BYTES + 1)
                while len(raw) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES + 1 - len(raw))):
                    raw += more
                if len(raw) > MOST_BYTES:
                    raise Unavailable(_AWAY, retry_after=60)
                body = json.loads(raw)
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            raise Unavailable(_AWAY, retry_after=5) from error
        if not isinstance(body, dict):
            raise Unavailable(_AWAY, retry_after=60)
        return answer.status, body


@contextlib.asynccontextmanager
async def open_fetcher() -> AsyncIterator[Fetcher]:
    """A client that keeps no cookies and heeds no proxy of the environment."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS, sock_connect=2)
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        connector=aiohttp.TCPConnector(limit=20),
        max_line_size=8190,
    ) as session:
        yield Fetcher(session)
