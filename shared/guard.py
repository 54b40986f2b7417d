"""Refuses what the service's own description does not allow.

Each operation of a service's `openapi.yaml` names, in `x-permission`, the permissions of which its caller needs one.
That is the one place where it is said; here it is held, before any handler runs. A route without a word there keeps
the service from starting, so that nothing is open because somebody forgot it. Handlers look closer: whose draft it is,
in which jurisdiction, in which state.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from shared.errors import Forbidden, Unauthenticated
from shared.identity import Identity
from shared.keys import IDENTITY, Handler
from shared.permissions import Permission, Role, permissions_of
from shared.web import OPERATIONS

PERMISSION = "x-permission"
"""Of an operation: a list of permissions, one of which is needed; empty: none."""
METHODS = frozenset({"get", "put", "post", "patch", "delete"})
INTERNAL = "/internal/"
"""Addresses for other services, which the gateway does not route to; their handlers ask which service calls."""

Needs = Mapping[tuple[str, str], frozenset[Permission]]
"""What is needed, by method and address; empty for what everybody may."""


def needs_of(description: Mapping[str, Any]) -> Needs:
    """What each operation needs. Raises LookupError for one that does not say, ValueError for an unknown permission."""
    found: dict[tuple[str, str], frozenset[Permission]] = {}
    for path, item in description["paths"].items():
        for method in METHODS & item.keys():
            if PERMISSION not in item[method]:
                raise LookupError(f"{method.upper()} {path} names no {PERMISSION}")
            needed = frozenset(map(Permission, item[method][PERMISSION]))
            found[method, path] = frozenset() if needed & permissions_of(Role.ANONYMOUS) else needed
    return found


def guard(app: web.Application, description: Mapping[str, Any]) -> None:
    """Hold `app` to its description; call once all routes are added."""
    needs = needs_of(description)
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if _is_guarded(path) and (_method(route.method), path) not in needs:
            raise LookupError(f"{route.method} {path} is not described, so nobody may call it")

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        match = request.match_info
        resource = match.route.resource
        if match.http_exception is None and resource is not None and _is_guarded(resource.canonical):
            _require(request[IDENTITY], needs[_method(request.method), resource.canonical])
        return await handler(request)

    app.middlewares.append(guarded)


def _is_guarded(path: str) -> bool:
    return path not in OPERATIONS and not path.startswith(INTERNAL)


def _method(name: str) -> str:
    return "get" if name == "HEAD" else name.lower()


def _require(identity: Identity, needed: frozenset[Permission]) -> None:
    if not needed or needed & identity.permissions:
        return
    if identity.is_anonymous:
        raise Unauthenticated("Sign in to do this.")
    raise Forbidden(f"This needs the permission {' or '.join(sorted(needed))}.")
