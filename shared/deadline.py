"""How much time a request has left: the gateway says it in a header, and reading for nobody ends when it is over."""

import asyncio
from contextvars import ContextVar

HEADER = "X-Request-Deadline"
"""Milliseconds that are left when the request arrives."""

_READS = ("GET", "HEAD")
_MOST_DIGITS = 9
_deadline: ContextVar[float] = ContextVar("deadline", default=0.0)


def enter_deadline(method: str, given: str | None) -> None:
    """Adopt what the caller gave, for a request that only reads: work that writes is carried through."""
    is_number = given is not None and len(given) <= _MOST_DIGITS and given.isascii() and given.isdigit()
    if given is not None and is_number and method in _READS:
        _deadline.set(asyncio.get_running_loop().time() + int(given) / 1000)


def current_deadline() -> float:
    """When the request being handled is over, in the loop's time; 0 when it has no end, or none any more."""
    return _deadline.get()


def lift_deadline() -> None:
    """From now on it may last: the head of its answer is on its way."""
    _deadline.set(0.0)
