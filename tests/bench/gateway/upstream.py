"""The service behind every measured proxy: `python -m tests.bench.gateway.upstream PORT`. Answers at once, from memory.

The last segment of the path says how long the answer is (`512`, `8192`, `1048576`); below `/api/v1/public/` it may be
cached, below `/api/v1/busy/` requests are answered one by one. It also is the auth service, as far as the gateway needs
one: it publishes the key of `tests.bench.gateway.ours`.
"""

from __future__ import annotations

import asyncio
import os
import sys

import uvloop

_TURN_SECONDS = 0.002
_END = b"\r\n\r\n"


class _Answers(asyncio.Protocol):
    free_at = 0.0
    """When the last of those who wait their turn has its answer, over all connections."""

    def __init__(self, jwks: bytes) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._jwks = jwks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's does not derive from asyncio.Transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer = self._buffer + data if self._buffer else data
        while (end := self._buffer.find(_END)) >= 0:
            path = self._buffer.split(b" ", 2)[1]
            self._buffer = self._buffer[end + 4 :]
            answer = _KNOWN.get(path)
            if answer is None:
                answer = _KNOWN[path] = _answer(path, self._jwks)
            if b"/busy/" in path:
                self._answer_in_turn(answer)
            else:
                self._transport.write(answer)

    def _answer_in_turn(self, answer: bytes) -> None:
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        _Answers.free_at = max(loop.time(), _Answers.free_at) + _TURN_SECONDS
        loop.call_at(_Answers.free_at, self._transport.write, answer)


_KNOWN: dict[bytes, bytes] = {}


def _answer(path: bytes, jwks: bytes) -> bytes:
    if path.startswith(b"/health"):
        return _response(b'{"status":"pass"}')
    if path.startswith(b"/.well-known/jwks.json"):
        return _response(jwks)
    last = path.partition(b"?")[0].rpartition(b"/")[2]
    caching = b"public, max-age=60" if b"/public/" in path else b"no-store"
    return _response(b"x" * (int(last) if last.isdigit() else 512), caching)


def _response(body: bytes, caching: bytes = b"no-store") -> bytes:
    head = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "3f9a"\r\nCache-Control: %b\r\n' % caching
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def _main(port: int) -> None:
    jwks = os.environ.get("BENCH_JWKS", '{"keys": []}').encode()
    server = await asyncio.get_running_loop().create_server(lambda: _Answers(jwks), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
