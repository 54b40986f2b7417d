"""How long a service has for the head of its answer; said to it in a header, so that it need not work for nobody."""

from functools import lru_cache

from services.gateway.settings import GatewaySettings
from shared.deadline import HEADER as DEADLINE_HEADER

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SEARCHES = ("/api/v1/search", "/api/v1/suggest", "/search")
_LONG = ("/api/v1/imports", "/api/v1/bulk")
_UNUSUAL = _SEARCHES + _LONG
_LINE = DEADLINE_HEADER.encode() + b": %d\r\n"


class Deadlines:
    """Seconds by route. What reads has less time than what writes: a reader repeats it, or is gone already. An answer
    that is a stream may last; its head must be here in time."""

    def __init__(self, settings: GatewaySettings) -> None:
        most = settings.upstream_response_seconds
        self._others = most
        self._reads = min(settings.upstream_read_seconds, most)
        self._searches = min(settings.upstream_search_seconds, most)
        self._long = settings.upstream_long_seconds

    def seconds(self, method: str, path: str) -> float:
        """For a request with this canonical path."""
        if path.startswith(_UNUSUAL):  # tells most apart at once
            if _is_at_or_below(path, _LONG):
                return self._long
            if _is_at_or_below(path, _SEARCHES):
                return self._searches
        return self._reads if method in _READS else self._others


@lru_cache(maxsize=1024)
def deadline_line(milliseconds: int) -> bytes:
    """The header line that says how much time is left; at least one."""
    return _LINE % max(1, milliseconds)


def _is_at_or_below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)
