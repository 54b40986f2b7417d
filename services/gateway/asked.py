"""What a request line asks for: the target in its one form, who answers it, and what follows from that."""

from functools import lru_cache
from typing import NamedTuple

from services.gateway.client.paths import Target, canonical_target
from services.gateway.routes import (
    OPERATIONS,
    WHOLE,
    Service,
    find_route,
    is_api,
    is_public_read,
    tries_credentials,
)
from shared.errors import Invalid

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_GET, _VERSION = b"GET ", b" HTTP/1.1"
_KNOWN = 4096
_KNOWN_CHARACTERS = 256  # longer targets are worked out each time: they are rare, and memory is bounded


class Asked(NamedTuple):
    """A request line, understood."""

    target: Target
    service: Service | None
    route: str
    """The label of logs and metrics."""
    is_api: bool
    is_operation: bool
    """Whether it is a page for operators, which is neither counted nor logged."""
    is_public_read: bool
    tries_credentials: bool
    line: bytes
    """The request line that the service gets."""


def asked_for(method: str, raw_target: str) -> Asked:
    """What `method` and the target as it was sent ask for. Raises Invalid."""
    if len(raw_target) > _KNOWN_CHARACTERS:
        return _understand(method, raw_target)
    return _understood(method, raw_target)


def _understand(method: str, raw_target: str) -> Asked:
    whole = raw_target == WHOLE and method == "OPTIONS"
    target = Target(WHOLE, None) if whole else canonical_target(raw_target)
    path, service = target.path, Service.GATEWAY if whole else find_route(target.path).service
    return Asked(
        target,
        service,
        service.value if service else "none",
        is_api(path),
        service is Service.GATEWAY and path in OPERATIONS,
        is_public_read(method, path, service),
        tries_credentials(method, path, service),
        f"{method} {target} HTTP/1.1\r\n".encode("utf-8", "surrogateescape"),
    )


_understood = lru_cache(maxsize=_KNOWN)(_understand)


@lru_cache(maxsize=_KNOWN)
def asked_by(line: bytes) -> Asked | None:
    """What a request line, as it came and without its end, asks a service for, if it is a well-formed one of a GET;
    None for all others. To be given short lines only: they are remembered."""
    if not (line.startswith(_GET) and line.endswith(_VERSION) and line.isascii()):
        return None
    try:
        asked = asked_for("GET", line[len(_GET) : -len(_VERSION)].decode("ascii"))
    except Invalid:
        return None
    return None if asked.service is None or asked.service is Service.GATEWAY else asked
