"""Requests taken from a shared quota ahead of their coming, so that not each of them has to ask Redis."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.limits.gcra import Rate

_LONGEST_LEASE = 1.0  # seconds after which what was not used is given back
_LARGEST_PART = 8  # a lease holds at most this part of the burst: one eighth
_MOST_AHEAD = 256
_WORTH_ASKING_EARLY = 16
_ASKED_FOR_REFUSED = 8  # so many refusals in a row are asked for one by one; further ones are given without asking
_REFUSED_UNASKED = 1.0  # seconds


def is_small(rate: Rate) -> bool:
    """Whether leases of it are of one request, which spare nobody's asking."""
    return rate.burst < 2 * _LARGEST_PART


@dataclass(slots=True)
class Lease:
    """What this gateway holds of one key's quota, and what Redis last said of it. Times are in seconds of the loop."""

    rate: Rate
    size: int = 1
    """How many to take the next time; grows while they are used up quickly."""
    tokens: int = 0
    """How many requests may be granted without asking."""
    taken_at: float = 0.0
    remaining: int = 0
    reset: int = 0
    """Microseconds from `taken_at` until the quota is as new, with all tokens used."""
    refusals: int = 0
    """In a row."""
    refused_until: float = 0.0
    unasked_until: float = 0.0
    """Until then the refusal stands without asking again."""
    asking: "asyncio.Future[None] | None" = None
    """Done once Redis has answered those who ask for more together."""
    waiting: int = 0

    @property
    def largest(self) -> int:
        """The most that is taken at once."""
        return max(1, min(_MOST_AHEAD, self.rate.burst // _LARGEST_PART))

    def filled(self, answer: Sequence[int], now: float) -> None:
        """Redis answered: how many were granted, then what is left, the reset and the wait (see gcra.SCRIPT)."""
        granted, self.remaining, self.reset, wait = answer
        if granted:
            self.size = min(self.largest, 2 * self.size) if now - self.taken_at < _LONGEST_LEASE else 1
            self.tokens += granted
            self.refusals = 0
        else:
            self.refusals += 1
            self.refused_until = now + wait / 1_000_000
            if self.refusals > _ASKED_FOR_REFUSED:
                self.unasked_until = min(self.refused_until, now + _REFUSED_UNASKED)
        self.taken_at = now

    @property
    def runs_low(self) -> bool:
        """Whether it is time to ask for more, before somebody has to wait for it."""
        return 4 * self.tokens < self.size >= _WORTH_ASKING_EARLY and self.asking is None

    def figures_at(self, now: float) -> tuple[int, int]:
        """How many more would be granted, ours and those in Redis that nobody took meanwhile; and seconds until the
        quota is as new, rounded up."""
        ago, interval, tokens = (now - self.taken_at) * 1_000_000, self.rate.interval, self.tokens
        remaining = self.remaining + tokens + int(ago / interval)
        reset = self.reset - tokens * interval - ago
        return (
            0 if remaining < 0 else min(self.rate.burst, remaining),
            math.ceil(reset / 1_000_000) if reset > 0 else 0,
        )

    def is_over(self, now: float) -> bool:
        """Whether its tokens should go back."""
        return now - self.taken_at > _LONGEST_LEASE and self.asking is None
