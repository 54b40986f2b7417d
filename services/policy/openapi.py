"""The service's own description, for the gateway to merge into the platform's."""

from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from shared.parse import Query, parse_query

_DESCRIPTION = web.AppKey("DESCRIPTION", dict[str, Any])


class _Nothing(Query):
    """No parameter."""


def description() -> dict[str, Any]:
    """The content of openapi.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("openapi.yaml").read_text(encoding="utf-8"))
    return loaded


def add_routes(app: web.Application) -> None:
    """Serve the description to the platform's own services."""
    app[_DESCRIPTION] = description()
    app.router.add_get("/internal/openapi.json", _openapi)


async def _openapi(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    return web.json_response(request.app[_DESCRIPTION])
