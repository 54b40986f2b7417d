"""Which service answers which address. Every rule matches whole segments; the most specific one wins."""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """Where a request goes; GATEWAY is answered here."""

    AUTH = "auth"
    POLICY = "policy"
    WEB = "web"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. A prefix covers itself and everything below it."""

    prefix: str
    service: Service | None
    """None: nothing is ever at this address from outside."""


OPENAPI = "/api/v1/openapi.json"
OPERATIONS = ("/livez", "/readyz", "/health", "/metrics")
OWN_PAGES = frozenset({*OPERATIONS, OPENAPI})
API = "/api"

TABLE = (
    *(Route(page, Service.GATEWAY) for page in OPERATIONS),
    Route(OPENAPI, Service.GATEWAY),
    Route("/internal", None),  # what services say to each other
    Route("/api/v1/auth", Service.AUTH),
    Route("/.well-known/jwks.json", Service.AUTH),
    Route("/api/v1", Service.POLICY),
    Route(API, None),
    Route("/", Service.WEB),
)

_READS = ("GET", "HEAD", "OPTIONS")
_BY_PREFIX = {route.prefix: route for route in TABLE}
_DEEPEST = max(route.prefix.count("/") for route in TABLE)
_CREDENTIALS = frozenset(
    {"login", "register", "refresh", "first-admin", "password", "password-reset", "two-factor", "verify-email"}
)


def find_route(path: str) -> Route:
    """The rule for a canonical path: the one with the longest prefix. Its cost does not grow with the table."""
    prefix = path if path.count("/") <= _DEEPEST else "/".join(path.split("/", _DEEPEST + 1)[:-1])
    while prefix:
        route = _BY_PREFIX.get(prefix)
        if route is not None:
            return route
        prefix = prefix.rpartition("/")[0]
    return _BY_PREFIX["/"]


def is_api(path: str) -> bool:
    """Whether programs rather than people read the answers."""
    return path == API or path.startswith((API + "/", "/.well-known/"))


def is_public_read(method: str, path: str, service: Service | None) -> bool:
    """Whether this asks the public API for something that scripts of any site may read."""
    if method == "POST":
        return takes_messages(path)
    return method in _READS and (service is Service.POLICY or path == OPENAPI)


def takes_messages(path: str) -> bool:
    """Whether the address reads by POST, with the Model Context Protocol. Which sites may, its service decides."""
    return path == "/api/v1/mcp"


def tries_credentials(method: str, path: str, service: Service | None) -> bool:
    """Whether the request offers a secret to be checked, which someone may be guessing."""
    return method == "POST" and service in (Service.AUTH, Service.WEB) and path.rsplit("/", 1)[-1] in _CREDENTIALS
