"""One line for each request, written in batches: formatting and writing it must not cost more than the request."""

import asyncio
import contextlib
import json.encoder
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from shared.settings import ServiceSettings

_FLUSH_SECONDS = 0.2
_FLUSH_LINES = 256
_PATH_CHARACTERS = 200
_PIECE = 4096  # bytes that a pipe takes whole (PIPE_BUF): lines of several processes are not mixed within
_quoted = json.encoder.encode_basestring_ascii  # escapes control characters, so that no value can forge a line


class AccessLog:
    """Lines as shared.log writes them, at most 0.2 s late."""

    def __init__(self, settings: ServiceSettings, service: str) -> None:
        self._service = service
        self._start = (
            f'{{"event": "request", "service": "{service}", "level": "info", "logger": "{service}", "timestamp": "'
        )
        self._is_on = settings.log_level in ("debug", "info")
        self._for_people = settings.log_format == "console"
        self._lines: list[str] = []
        self._second = (0, "")

    def write(
        self, request_id: str, method: str, path: str, route: str, status: int, seconds: float,
        client: str = "", ended: str = "", trace_id: str = "",
    ) -> None:  # fmt: skip
        """Log a request; of the last three, those with a text. Nothing secret may be in any of it."""
        if not self._is_on:
            return
        path, rest = _quoted(path[:_PATH_CHARACTERS]), ""
        if self._for_people:
            for name, text in (("client", client), ("ended", ended), ("trace_id", trace_id)):
                if text:
                    rest += f" {name}={_quoted(text)}"
            line = (
                f"{self._now()} [info     ] request                        [{self._service}] method={_quoted(method)} "
                f"path={path} route={_quoted(route)} status={status:d} ms={seconds * 1000:.2f}{rest} "
                f"request_id={request_id}\n"
            )
        else:
            for name, text in (("client", client), ("ended", ended), ("trace_id", trace_id)):
                if text:
                    rest += f', "{name}": {_quoted(text)}'
            line = (
                f'{self._start}{self._now()}", "request_id": "{request_id}", "method": {_quoted(method)}, '
                f'"path": {path}, "route": {_quoted(route)}, "status": {status:d}, "ms": {seconds * 1000:.2f}{rest}}}\n'
            )
        self._lines.append(line)
        if len(self._lines) >= _FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines:
            lines, self._lines = self._lines, []
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more: that must not end requests
                for text in _pieces(lines):
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


def _pieces(lines: list[str]) -> Iterator[str]:
    """The lines together, as many as a pipe takes at once."""
    piece: list[str] = []
    size = 0
    for line in lines:
        length = len(line) if line.isascii() else len(line.encode())
        if piece and size + length > _PIECE:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += length
    yield "".join(piece)
