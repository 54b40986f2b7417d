"""Serves this service's description, which the gateway merges into the platform's."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

_DESCRIPTION = Path(__file__).with_name("openapi.yaml")


@cache
def description() -> dict[str, Any]:
    """The parsed openapi.yaml beside this module."""
    parsed: dict[str, Any] = yaml.safe_load(_DESCRIPTION.read_text(encoding="utf-8"))
    return parsed


async def serve_description(request: web.Request) -> web.Response:
    """GET /internal/openapi.json, for any service of the platform."""
    return web.json_response(description())


def add_routes(app: web.Application) -> None:
    """Register the description's address, which the gateway does not route to."""
    app.router.add_get("/internal/openapi.json", serve_description)
