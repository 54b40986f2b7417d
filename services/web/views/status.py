"""The status page: what each service says of itself."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from services.web.keys import HTTP, WEB_SETTINGS
from services.web.render import fragment, page
from shared.health import Status, worst
from shared.keys import HEALTH

_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a service needs."""

    name: str
    status: Status
    milliseconds: float


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service and what it needs; `milliseconds` is how long it took to say so."""

    name: str
    status: Status
    milliseconds: float
    checks: tuple[Check, ...] = ()


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/status", show)
    app.router.add_get("/fragments/status", show_fragment)


async def show(request: web.Request) -> web.Response:
    """GET /status"""
    return page(request, "status", await _context(request))


async def show_fragment(request: web.Request) -> web.Response:
    """GET /fragments/status: the table, for the page that refreshes itself."""
    return fragment(request, "status", await _context(request))


async def _context(request: web.Request) -> dict[str, object]:
    settings = request.app[WEB_SETTINGS]
    own = _read("web", request.app[HEALTH].document(), 0.0)
    others = await asyncio.gather(
        _ask(request.app[HTTP], "policy", settings.policy_url), _ask(request.app[HTTP], "auth", settings.auth_url)
    )
    services = [own, *others]
    return {"services": services, "overall": worst([one.status for one in services])}


async def _ask(session: aiohttp.ClientSession, name: str, base: str) -> ServiceState:
    started = time.perf_counter()
    try:
        async with session.get(
            f"{base.rstrip('/')}/health", timeout=aiohttp.ClientTimeout(total=_PATIENCE)
        ) as response:
            document = await response.json(content_type=None)
        return _read(name, document, (time.perf_counter() - started) * 1000)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ServiceState(name, Status.FAIL, (time.perf_counter() - started) * 1000)


def _read(name: str, document: Mapping[str, Any], milliseconds: float) -> ServiceState:
    checks = tuple(
        Check(str(key).partition(":")[0], Status(entries[0]["status"]), float(entries[0]["observedValue"]))
        for key, entries in document["checks"].items()
    )
    return ServiceState(name, Status(document["status"]), milliseconds, checks)
