"""One line for each request, written in batches: formatting and writing it must not cost more than the request."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from services.gateway.settings import GatewaySettings
from shared.log import get_logger

_FLUSH_SECONDS = 0.2
_FLUSH_LINES = 256
_NAME = "gateway"
_PATH_CHARACTERS = 200
_quoted = json.JSONEncoder().encode


class AccessLog:
    """The lines that shared.log would write, at most 0.2 s later. For people (LOG_FORMAT=console) it writes them."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._is_on = settings.log_level in ("debug", "info")
        self._log = None if settings.log_format == "json" else get_logger(_NAME)
        self._lines: list[str] = []
        self._second = (0, "")

    def write(
        self,
        request_id: str,
        method: str,
        path: str,
        route: str,
        status: int,
        seconds: float,
        client: str,
        ended: str,
    ) -> None:
        """Log a request. `ended` says why it ended before its end, if it did."""
        if not self._is_on:
            return
        path, milliseconds = path[:_PATH_CHARACTERS], round(seconds * 1000, 2)
        if self._log is not None:
            fields = {"method": method, "path": path, "route": route, "status": status, "ms": milliseconds}
            self._log.info("request", **fields, client=client, **({"ended": ended} if ended else {}))
            return
        more = f', "ended": {_quoted(ended)}' if ended else ""
        # What is quoted without being encoded comes from fixed sets: nothing in it could end a string.
        self._lines.append(
            f'{{"event": "request", "service": "{_NAME}", "level": "info", "logger": "{_NAME}", '
            f'"timestamp": "{self._now()}", "request_id": "{request_id}", "method": {_quoted(method)}, '
            f'"path": {_quoted(path)}, "route": "{route}", "status": {status}, "ms": {milliseconds}, '
            f'"client": "{client}"{more}}}'
        )
        if len(self._lines) >= _FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines:
            text = "\n".join(self._lines) + "\n"
            self._lines.clear()
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more: that must not end requests
                sys.stderr.write(text)
                sys.stderr.flush()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Flush again and again, and at the end."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            self.flush()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            self.flush()

    def _now(self) -> str:
        now = time.time()
        whole = int(now)
        if self._second[0] != whole:
            self._second = (whole, datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        return f"{self._second[1]}.{int((now - whole) * 1e6):06d}Z"
