"""How long a service has for the head of its answer; said to it in a header, so that it need not work for nobody."""

from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from shared.deadline import HEADER as DEADLINE_HEADER

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = "/api/v1/"
_SEARCHES = frozenset({"search", "suggest"})
_LONG = frozenset({"imports", "bulk"})
_LINE = DEADLINE_HEADER.encode() + b": %d\r\n\r\n"


class Deadlines:
    """Seconds by route. What reads has less time than what writes: a reader repeats it, or is gone already. An answer
    that is a stream may last; its head must be here in time."""

    def __init__(self, settings: GatewaySettings) -> None:
        most = settings.upstream_response_seconds
        self._others = most
        self._reads = min(settings.upstream_read_seconds, most)
        self._searches = min(settings.upstream_search_seconds, most)
        self._long = settings.upstream_long_seconds

    def seconds(self, method: str, path: str, service: Service) -> float:
        """For a request with this canonical path."""
        if service is Service.POLICY and path.startswith(_POLICY):
            first = path[len(_POLICY) :].partition("/")[0]
            if first in _LONG:
                return self._long
            if first in _SEARCHES:
                return self._searches
        elif service is Service.WEB and path == "/search":
            return self._searches
        return self._reads if method in _READS else self._others


def with_deadline(head: bytes, seconds: float) -> bytes:
    """The request's head with a header that says how much time is left."""
    return head[:-2] + _LINE % max(1, seconds * 1000)
