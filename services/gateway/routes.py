"""Which service answers which address. Every rule matches whole segments; the most specific one wins."""

from collections.abc import Iterable
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
WHOLE = "*"
"""The target of an OPTIONS request that asks about the whole server (RFC 9112, 3.2.4)."""
OWN_PAGES = frozenset({*OPERATIONS, OPENAPI, WHOLE})
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
_CREDENTIALS = frozenset(
    {
        "login",
        "register",
        "refresh",
        "first-admin",
        "password",
        "password-reset",
        "passkey",
        "reauthenticate",
        "verify-email",
        "request",
        "email",
        "confirm",
        "undo",
        "deletion",
        "forgotten",
        "reset",
        "verify",
    }
)


class RouteTable:
    """Finds routes by prefix. What that costs does not grow with the table."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_prefix = {route.prefix: route for route in routes}
        self._deepest = max(prefix.count("/") for prefix in self._by_prefix)

    def find(self, path: str) -> Route:
        """The rule for a canonical path: the one with the longest prefix. There must be one for `/`."""
        deepest = self._deepest
        prefix = path if path.count("/") <= deepest else "/".join(path.split("/", deepest + 1)[:-1])
        while prefix:
            route = self._by_prefix.get(prefix)
            if route is not None:
                return route
            prefix = prefix.rpartition("/")[0]
        return self._by_prefix["/"]


find_route = RouteTable(TABLE).find
"""The rule for a canonical path in the gateway's own table."""


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
