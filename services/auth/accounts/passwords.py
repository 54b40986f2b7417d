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
    """Makes and checks password hashes. `prepare` before use and `close` after it.

    A hash says which pepper it was made with, so that one made with `previous` is checked with that, at the same cost.
    Who waits for a thread longer than `patience` seconds is told to come again, before the gateway gives up on us.
    """

    def __init__(
        self, pepper: str, *, cost: int, threads: int = 2, queue: int = 32, previous: str = "", patience: float = 25.0
    ) -> None:
        self._pepper_id = _id_of(pepper)
        self._peppers = {_id_of(each): each.encode() for each in (previous, pepper) if each}
        self._cost = cost
        self._patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(threads + queue)
        self._dummy = ""

    async def prepare(self) -> None:
        """Make the hash that a password is compared with when there is no account."""
        self._dummy = await self.hash(secrets.token_urlsafe())

    async def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        digest = self._digest(password, self._pepper_id)
        made = await self._run(bcrypt.hashpw, digest, bcrypt.gensalt(self._cost))
        return f"{self._pepper_id}{made.decode()}"

    async def verify(self, password: str, kept: str | None) -> Verdict:
        """Compare with the hash that was kept. Without one it takes as long, and never matches."""
        against = self._dummy if kept is None else kept
        pepper_id, _, rest = against.partition("$")
        pepper_id = pepper_id or self._pepper_id  # made before hashes said it
        matches = await self._run(bcrypt.checkpw, self._digest(password, pepper_id), b"$" + rest.encode())
        if kept is None or pepper_id not in self._peppers:
            return Verdict(matches=False)
        return Verdict(matches, outdated=int(rest.split("$")[1]) != self._cost or not kept.startswith(self._pepper_id))

    async def weakness(self, password: str, context: Sequence[str]) -> str:
        """Why the password is easy to guess, as a sentence without its subject; empty when it is not."""
        return await self._run(weakness, password, context)

    def _digest(self, password: str, pepper_id: str) -> bytes:
        # bcrypt reads 72 bytes and stops at NUL: the digest is 64 printable ones whatever the password's length.
        text = unicodedata.normalize("NFC", password).encode()
        return base64.b64encode(hmac.digest(self._peppers.get(pepper_id, b"gone"), text, "sha384"))

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
        given_up = asyncio.get_running_loop().call_later(self._patience, future.cancel)  # in vain once it has begun
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unavailable("Too many people are signing in at this moment.", retry_after=5) from None
        finally:
            given_up.cancel()


def _id_of(pepper: str) -> str:
    """What a hash names its pepper by; says nothing about it."""
    return hmac.digest(pepper.encode(), b"openpolicy pepper id", "sha256").hex()[:8]
