"""What the gateway answers itself: the operator's pages and the description of the API."""

from collections.abc import Callable

from aiohttp import hdrs, web

from services.gateway.operations.health import PlatformHealth
from services.gateway.operations.openapi import ApiDescription
from shared import errors, health, metrics
from shared.health import HealthMonitor

_LAGGING_SECONDS = 1.0


class Pages:
    """Answers from what is already known; nothing here waits, but for the first description."""

    def __init__(
        self, monitor: HealthMonitor, platform: PlatformHealth, description: ApiDescription, scrape: Callable[[], bytes]
    ) -> None:
        self._monitor = monitor
        self._platform = platform
        self._description = description
        self._scrape = scrape

    def operations(self, request: web.BaseRequest, path: str) -> web.Response:
        """`/livez`, `/readyz`, `/health` and `/metrics`."""
        _require_read(request)
        if path == "/metrics":
            return web.Response(body=self._scrape(), headers={hdrs.CONTENT_TYPE: metrics.CONTENT_TYPE})
        if path == "/health":
            return _health_response(self._platform.document())
        good = not self._monitor.draining if path == "/readyz" else self._monitor.loop_lag < _LAGGING_SECONDS
        status = health.Status.PASS if good else health.Status.FAIL
        return _health_response({"status": status.value, "serviceId": self._monitor.service})

    async def description(self, request: web.BaseRequest) -> web.Response:
        """`/api/v1/openapi.json`."""
        _require_read(request)
        body, etag = await self._description.current()
        headers = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: "public, max-age=30"}
        if etag in [tag.strip() for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)


def _require_read(request: web.BaseRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise errors.MethodNotAllowed(request.method, ("GET", "HEAD"))


def _health_response(document: dict[str, object]) -> web.Response:
    return web.json_response(
        document,
        status=503 if document["status"] == health.Status.FAIL else 200,
        content_type=health.MEDIA_TYPE,
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
