"""A service of which nothing comes back gets single requests only, so that the others need not wait for nothing."""

from enum import IntEnum


class BreakerState(IntEnum):
    """As metrics show it; of several processes the greatest."""

    CLOSED = 0
    HALF_OPEN = 1
    """The next request is let through to see."""
    OPEN = 2


class Breaker:
    """Counts requests that broke off or were not answered in time, until one is answered. Answers of any status count
    as such: they come at once, and say more than we could. Times are in seconds of the loop's clock."""

    def __init__(self, failures: int, seconds: float) -> None:
        self._failures = failures
        self._seconds = seconds
        self._next_try = 0.0
        self.in_a_row = 0
        """Failures since the last success; set to 0 by whoever sees one."""
        self.openings = 0

    @property
    def is_open(self) -> bool:
        """Whether requests must ask `may_try`."""
        return self.in_a_row >= self._failures

    def failed(self, now: float) -> None:
        """A request broke off, or was not answered in time."""
        self.in_a_row += 1
        if self.in_a_row == self._failures:
            self.openings += 1
            self._next_try = now + self._seconds

    def may_try(self, now: float) -> bool:
        """Whether this request is let through although the breaker is open: one is, each time."""
        if now < self._next_try:
            return False
        self._next_try = now + self._seconds
        return True

    def state(self, now: float) -> BreakerState:
        """For metrics."""
        if not self.is_open:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._next_try else BreakerState.HALF_OPEN
