"""Addresses whose last answer could not be kept: for a while nobody waits for the next one to the same question."""

import time

_SECONDS = 10.0
_MOST = 8192


class Passes:
    """What goes past the cache."""

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
