"""How much time a request has left: the gateway says it in a header, and reading for nobody ends when it is over."""

import asyncio
from contextvars import ContextVar

HEADER = "X-Request-Deadline"
"""Milliseconds that are left when the request arrives."""

_READS = ("GET", "HEAD")
_MOST_DIGITS = 9


class _Deadline:
    """One request's; tasks that it leaves behind see that it was lifted."""

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at = at


_deadline: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


def enter_deadline(method: str, given: str | None) -> None:
    """Adopt what the caller gave, for a request that only reads: work that writes is carried through."""
    if given is None or method not in _READS or len(given) > _MOST_DIGITS or not (given.isascii() and given.isdigit()):
        _deadline.set(None)
    else:
        _deadline.set(_Deadline(asyncio.get_running_loop().time() + int(given) / 1000))


def current_deadline() -> float:
    """When the request being handled is over, in the loop's time; 0 when it has no end, or none any more."""
    deadline = _deadline.get()
    return deadline.at if deadline is not None else 0.0


def milliseconds_left() -> int:
    """What to tell a service that is asked on behalf of the request; at least 1, and 0 when there is no deadline."""
    at = current_deadline()
    return max(1, int((at - asyncio.get_running_loop().time()) * 1000)) if at else 0


def lift_deadline() -> None:
    """From now on it may last: the head of its answer is on its way, or it ended and left something to be done."""
    deadline = _deadline.get()
    if deadline is not None:
        deadline.at = 0.0
