"""How many requests may be sent a second time: a share of those of late, so that a fault is not made worse by us."""

_WINDOW_SECONDS = 10.0
_FLOOR, _FLOOR_AFTER_DEATH = 10, 100


class RetryBudget:
    """Counts over the last five to ten seconds. Requests that surely never left are no concern of it: sending them
    elsewhere gives nobody more to do."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._earlier_requests = 0
        self._earlier_retries = 0
        self._retries = 0
        self._next_shift = 0.0
        self._before = 0
        self.requests = 0
        """Requests of the running half of the window; counted up by whoever sends one."""
        self.spent = 0
        """All repeated requests."""
        self.refused = 0
        """Requests that were not repeated because too many were."""

    @property
    def total(self) -> int:
        """All requests."""
        return self._before + self.requests

    def take(self, *, broke: bool) -> bool:
        """Whether one more request may be repeated. When connections `broke`, a replica likely died with all that it
        had under way; that is once, and may be more than the share of a quiet time."""
        requests, retries = self.requests + self._earlier_requests, self._retries + self._earlier_retries
        floor = _FLOOR_AFTER_DEATH if broke else _FLOOR
        if not self._share or retries >= floor + self._share * requests:
            self.refused += 1
            return False
        self._retries += 1
        self.spent += 1
        return True

    def tick(self, now: float) -> None:
        """To be called again and again, with the loop's time."""
        if self._next_shift <= now:
            self._next_shift = now + _WINDOW_SECONDS / 2
            self._before += self.requests
            self._earlier_requests, self._earlier_retries = self.requests, self._retries
            self.requests = self._retries = 0
