"""Whose an API key is, as the auth service says; what is wrong with its form is seen here."""

import asyncio
import time
from collections.abc import Callable

from pydantic import ValidationError

from shared import errors
from shared.api_keys import hash_of, is_well_formed
from shared.client import ServiceClient
from shared.contracts.introspection import INTROSPECT, KEY_SECONDS, Introspection
from shared.identity import Identity

_BAD_SECONDS = 30.0
_MOST_BAD = 4096
_MOST_ASKING = 64  # at once; keys that are in use are known, so that only inventors of keys meet this
_ASKING_SECONDS = 2.0
_GUESSES = 30  # bad keys of one address in a minute, of which auth is asked
_GUESS_SECONDS = 60.0
_MOST_GUESSERS = 10_000
_BAD = "The API key is not valid: it is unknown, has expired or was revoked."
_AWAY = "API keys cannot be checked at the moment."


class ApiKeys:
    """Asks auth for keys that are not known, each once at a time, and remembers those that are worth nothing."""

    def __init__(self, auth: ServiceClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._auth = auth
        self._clock = clock
        self._bad: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Task[Introspection]] = {}
        self._guessers: dict[str, tuple[float, int]] = {}

    async def find(self, key: str, address: str = "") -> tuple[Identity, float]:
        """The caller, and until when (Unix seconds) that may be believed.

        Raises Unauthenticated for a bad key, TooManyRequests when `address` showed many of them, Unavailable when auth
        cannot be asked.
        """
        if not is_well_formed(key):
            raise errors.Unauthenticated("This is no API key: a character is wrong, or some are missing.")
        key_hash = hash_of(key)
        if self._clock() < self._bad.get(key_hash, 0.0):
            raise errors.Unauthenticated(_BAD)
        self._check_guesses(address)
        asked_at = time.time()
        said = await self._introspect(key_hash)
        if not said.active or not said.key or not said.scope or said.exp <= asked_at:
            self._note_bad(key_hash, address)
            raise errors.Unauthenticated(_BAD)
        return said.identity(), min(said.exp, asked_at + KEY_SECONDS)

    async def _introspect(self, key_hash: bytes) -> Introspection:
        """What auth says; those who ask about the same key meanwhile get the same answer."""
        task = self._asking.get(key_hash)
        if task is None:
            if len(self._asking) >= _MOST_ASKING:
                raise errors.Unavailable(_AWAY, retry_after=1)
            task = self._asking[key_hash] = asyncio.create_task(self._ask(key_hash))
            task.add_done_callback(lambda _: self._asking.pop(key_hash, None))
        return await asyncio.shield(task)  # who leaves does not take the answer from the others

    async def _ask(self, key_hash: bytes) -> Introspection:
        try:
            async with asyncio.timeout(_ASKING_SECONDS):
                answer = await self._auth.post(INTROSPECT, {"token_hash": key_hash.hex()})
            return Introspection.model_validate(answer)
        except (errors.PlatformError, TimeoutError, ValidationError, ValueError):
            raise errors.Unavailable(_AWAY, retry_after=2) from None

    def _check_guesses(self, address: str) -> None:
        until, guesses = self._guessers.get(address, (0.0, 0))
        left = until - self._clock()
        if guesses >= _GUESSES and left > 0:
            raise errors.TooManyRequests("Too many bad API keys came from this address.", retry_after=left)

    def _note_bad(self, key_hash: bytes, address: str) -> None:
        now = self._clock()
        if len(self._bad) >= _MOST_BAD:
            self._bad.clear()
        self._bad[key_hash] = now + _BAD_SECONDS
        until, guesses = self._guessers.get(address, (0.0, 0))
        if len(self._guessers) >= _MOST_GUESSERS:
            self._guessers.clear()
        self._guessers[address] = (until, guesses + 1) if now < until else (now + _GUESS_SECONDS, 1)
