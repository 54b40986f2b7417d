"""Content codings (RFC 9110, 8.4): which one an answer gets, and how its bytes and header fields change with it."""

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import brotli
import zstandard

from services.gateway.client.headers import RawHeaders

WORTH_BYTES = 860
"""A shorter body fits into one packet either way, and may even grow."""
_ZSTD_LEVEL, _BROTLI_QUALITY, _GZIP_LEVEL = 3, 4, 5  # the points after which time grows faster than bytes shrink
_ZSTD_WINDOW_BITS = 20  # what a decoder must keep, 1 MiB: browsers refuse more than 8
_GZIP_FRAME = 16 + zlib.MAX_WBITS
_TEXTS = frozenset(
    {
        "application/javascript", "application/json", "application/manifest+json", "application/x-ndjson",
        "application/xml", "image/svg+xml",
    }
)  # fmt: skip
_NEVER = frozenset({"text/event-stream"})  # its events must not wait for each other
_CODED = (200, 203, 400, 401, 403, 404, 405, 406, 409, 410, 412, 422, 429, 500, 503)
_MOST_PARTS = 20


class Compressor(Protocol):
    """Shrinks a body that comes in parts."""

    def add(self, data: bytes) -> bytes:
        """This part, so that the client can read all of it now: the next one may be long in coming."""

    def finish(self) -> bytes:
        """The end."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding that we can make."""

    name: str
    start: Callable[[], Compressor]

    def whole(self, body: bytes) -> bytes:
        """A body that is all there."""
        made = self.start()
        return made.add(body) + made.finish()


class _Zstd:
    def __init__(self) -> None:
        parameters = zstandard.ZstdCompressionParameters.from_level(_ZSTD_LEVEL, window_log=_ZSTD_WINDOW_BITS)
        self._made = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def add(self, data: bytes) -> bytes:
        return self._made.compress(data) + self._made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._made.flush()


class _Brotli:
    def __init__(self) -> None:
        self._made = brotli.Compressor(quality=_BROTLI_QUALITY, mode=brotli.MODE_TEXT)

    def add(self, data: bytes) -> bytes:
        return bytes(self._made.process(data) + self._made.flush())

    def finish(self) -> bytes:
        return bytes(self._made.finish())


class _Gzip:
    def __init__(self) -> None:
        self._made = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_FRAME)

    def add(self, data: bytes) -> bytes:
        return self._made.compress(data) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._made.flush()


_BEST_FIRST = (Coding("zstd", _Zstd), Coding("br", _Brotli), Coding("gzip", _Gzip))


@functools.lru_cache(maxsize=512)
def accepted(accept_encoding: str) -> Coding | None:
    """The coding that a client likes best, and of those the one that costs us least; None: send it as it is."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(",")[:_MOST_PARTS]:
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    weights.setdefault("gzip", weights.get("x-gzip", weights.get("*", 0)))
    for coding in _BEST_FIRST:
        weights.setdefault(coding.name, weights.get("*", 0))
    best = max(_BEST_FIRST, key=lambda coding: weights[coding.name])
    weight = weights[best.name]
    return best if weight > 0 and weight >= weights.get("identity", 0) else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


def may_be_coded(status: int, headers: RawHeaders, *, has_credentials: bool) -> bool:
    """Whether an answer is a text that may travel in a coding of ours.

    What only its reader may see stays as it is: its length, once compressed beside something that a stranger chose,
    would tell of its secrets, and its ETag is needed unchanged for `If-Match`.
    """
    is_text = is_public = False
    for name, value in headers:
        match _role(name):
            case "type":
                is_text = is_text_type(value)
                if not is_text:
                    return False
            case "caching":
                directives = value.lower()
                if b"no-transform" in directives:
                    return False
                is_public = is_public or b"public" in directives
            case "forbids":
                return False
    return is_text and status in _CODED and (is_public or not has_credentials)


@functools.lru_cache(maxsize=256)
def is_text_type(content_type: bytes) -> bool:
    """Whether a media type stands for something that shrinks."""
    kind = content_type.partition(b";")[0].strip().lower().decode("latin-1")
    if kind in _NEVER:
        return False
    return kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml"))


_ROLES = {
    b"content-type": "type", b"cache-control": "caching", b"content-encoding": "forbids", b"content-range": "forbids",
    b"set-cookie": "forbids",
}  # fmt: skip


@functools.lru_cache(maxsize=2048)
def _role(name: bytes) -> str:
    return _ROLES.get(name.lower(), "")


def varying(headers: RawHeaders) -> RawHeaders:
    """The header fields of an answer that would read otherwise to a client which accepts other codings."""
    named = b",".join(value.lower() for name, value in headers if name.lower() == b"vary")
    if b"accept-encoding" in named or named.strip() == b"*":
        return headers
    return [*headers, (b"Vary", b"Accept-Encoding")]


def coded(headers: RawHeaders, coding: Coding) -> RawHeaders:
    """The header fields of an answer in a coding: another length, which is left out, and an ETag that is equal in
    meaning only."""
    changed = []
    for name, value in varying(headers):
        lower = name.lower()
        if lower in (b"content-length", b"accept-ranges", b"content-encoding", b"content-md5"):
            continue
        is_strong = lower == b"etag" and not value.startswith(b"W/")
        changed.append((name, b"W/" + value if is_strong else value))
    changed.append((b"Content-Encoding", coding.name.encode()))
    return changed
