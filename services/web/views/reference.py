"""The API reference, from what the services say of themselves."""

import asyncio
import time
from typing import Any

from aiohttp import web

from services.web.keys import AUTH, LIBRARY, WEB_SETTINGS
from services.web.reference import Operation, operations_of
from services.web.render import page

DESCRIPTION = "/internal/openapi.json"
_MAX_AGE = 300


class _Kept:
    """The reference as it was last read; services change it only with a release."""

    def __init__(self) -> None:
        self.operations: dict[str, list[Operation]] = {}
        self.until = float("-inf")


_KEPT = web.AppKey("API_REFERENCE", _Kept)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app[_KEPT] = _Kept()
    app.router.add_get("/docs/api", show_reference)


async def show_reference(request: web.Request) -> web.Response:
    """GET /docs/api"""
    kept = request.app[_KEPT]
    if time.monotonic() > kept.until:
        kept.operations = await _read(request.app)
        kept.until = time.monotonic() + _MAX_AGE
    return page(request, "reference", {"subjects": kept.operations}, max_age=_MAX_AGE)


async def _read(app: web.Application) -> dict[str, list[Operation]]:
    asked = {"policy": app[LIBRARY].client, "auth": app[AUTH]}
    answers = await asyncio.gather(*(client.get(DESCRIPTION) for client in asked.values()))
    documents: dict[str, Any] = {name: body for name, (body, _) in zip(asked, answers, strict=True)}
    return operations_of(documents, app[WEB_SETTINGS].public_url.rstrip("/"))
