"""What passes: a request to its service, and answers that cannot be kept past the cache."""

import time
from typing import Protocol

from aiohttp import web

from services.gateway.cache.fetching import Answer, Way
from services.gateway.relay import SentAnswer

PASSED = b"openpolicy; fwd=uri-miss"
"""What Cache-Status says of an answer that goes past."""
PASSED_LINE = b"Cache-Status: %b\r\n" % PASSED
Sent = web.StreamResponse | SentAnswer
_SECONDS = 10.0
_MOST = 8192


class Passage(Way, Protocol):
    """How one request reaches its service, and the answer its client."""

    async def send(self, answer: Answer) -> Sent:
        """Send an answer to the client."""


class Passes:
    """Addresses whose last answer could not be kept: for a while nobody waits for the next one to the same question."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def has(self, key: str) -> bool:
        """Whether what is asked for there goes past."""
        until = self._until.get(key)
        return until is not None and time.monotonic() < until

    def add(self, key: str) -> None:
        """An answer from there was not kept."""
        passes = self._until
        passes.pop(key, None)
        if len(passes) >= _MOST:
            del passes[next(iter(passes))]
        passes[key] = time.monotonic() + _SECONDS

    def drop(self, key: str) -> None:
        """An answer from there was kept."""
        if self._until:
            self._until.pop(key, None)
