"""Hashing and judging passwords, in a small thread pool with a bounded queue.

A hash takes a quarter of a second of processor time by design. On the event loop it would stop everybody; without a
bound a flood of sign-ins would queue for minutes. Beyond the bound callers get `Unavailable` (503) at once.
"""

import asyncio
import base64
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import bcrypt

from services.auth.accounts.strength import weakness
from shared.errors import Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and whether its hash was made at another cost than today's."""

    matches: bool
    outdated: bool = False


class Passwords:
    """Makes and checks password hashes. `prepare` before use and `close` after it."""

    def __init__(self, pepper: str, *, cost: int, threads: int = 2, queue: int = 32) -> None:
        self._pepper = pepper.encode()
        self._cost = cost
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(threads + queue)
        self._dummy = b""

    async def prepare(self) -> None:
        """Make the hash that a password is compared with when there is no account."""
        self._dummy = (await self.hash(secrets.token_urlsafe())).encode()

    async def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        return (await self._run(bcrypt.hashpw, self._digest(password), bcrypt.gensalt(self._cost))).decode()

    async def verify(self, password: str, kept: str | None) -> Verdict:
        """Compare with the hash that was kept. Without one it takes as long, and never matches."""
        against = self._dummy if kept is None else kept.encode()
        matches = await self._run(bcrypt.checkpw, self._digest(password), against)
        if kept is None:
            return Verdict(matches=False)
        return Verdict(matches, outdated=int(kept.split("$")[2]) != self._cost)

    async def weakness(self, password: str, context: Sequence[str]) -> str:
        """Why the password is easy to guess, as a sentence without its subject; empty when it is not."""
        return await self._run(weakness, password, context)

    def _digest(self, password: str) -> bytes:
        # bcrypt reads 72 bytes and stops at NUL: the digest is 64 printable ones whatever the password's length.
        text = unicodedata.normalize("NFC", password).encode()
        return base64.b64encode(hmac.digest(self._pepper, text, "sha384"))

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        if not self._places.acquire(blocking=False):
            raise Unavailable("Too many people are signing in at this moment.", retry_after=2)
        try:
            future = self._pool.submit(function, *arguments)
        except RuntimeError:
            self._places.release()
            raise Unavailable("The service is stopping.", retry_after=2) from None
        # Released when the thread is done, not when the caller leaves: a caller who left still occupies the thread.
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)
