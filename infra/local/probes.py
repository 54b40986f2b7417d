"""Asks a service over HTTP how it is, with nothing but a socket: it runs every 50 ms while the stack starts."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question; `status` 0 means there was none, and `problem` says why."""

    status: int
    seconds: float
    document: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200


async def ask(host: str, port: int, path: str, patience: float = 2.0) -> Answer:
    """GETs `path`. Never raises for what the other side does or does not do."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(patience):
            status, body = await _get(host, port, path)
    except TimeoutError:
        return Answer(0, time.perf_counter() - started, problem=f"no answer within {patience:g} s")
    except (OSError, ValueError, EOFError) as error:
        return Answer(0, time.perf_counter() - started, problem=str(error) or type(error).__name__)
    document: Any = None
    with suppress(ValueError):
        document = json.loads(body)
    return Answer(status, time.perf_counter() - started, document if isinstance(document, dict) else {})


def loopback(host: str) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - not bound


async def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        name = f"[{host}]" if ":" in host else host
        request = f"GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        length = headers.get("content-length")
        if length is None:
            # Connection: close bounds a body without a length. The health pages always give one; others matter not.
            return status, await reader.read(_LARGEST_ANSWER)
        return status, await reader.readexactly(min(int(length), _LARGEST_ANSWER))
    except IndexError:
        raise ValueError("the answer is not HTTP") from None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
