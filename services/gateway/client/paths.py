"""The canonical form of a request target, made once: it is routed, authorised and forwarded in this one form."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from shared.errors import Invalid

_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_REFUSED_BYTES = frozenset({*range(0x20), 0x7F, ord("/"), ord("\\")})
_REFUSED_IN_QUERY = re.compile(r"[\x00-\x20\x7f#\\]")


@dataclass(frozen=True, slots=True)
class Target:
    """A request target in canonical form; `query` is as the client sent it."""

    path: str
    query: str | None

    def __str__(self) -> str:
        return self.path if self.query is None else f"{self.path}?{self.query}"


def canonical_target(raw: str) -> Target:
    """The canonical form of `raw`, the target as it stood in the request line.

    Raises Invalid for anything that two readers could understand differently: dot segments, empty segments, encoded
    slashes, backslashes and control characters, broken escapes, and targets that are not an absolute path.
    """
    if not raw.startswith("/"):
        raise Invalid("The request target must be a path that starts with a slash.")
    if "#" in raw:
        raise Invalid("The request target must not hold a fragment.")
    path, mark, query = raw.partition("?")
    return Target(_canonical_path(path), _checked_query(query) if mark else None)


def _canonical_path(path: str) -> str:
    if not path.isascii():
        path = _quote_beyond_ascii(path)
    if not _PATH.fullmatch(path):
        raise Invalid("The path holds a character that must be percent-encoded, or a broken percent-encoding.")
    if "%" in path:
        path = _ESCAPE.sub(_normalise_escape, path)
        _require_utf8(path)
    if "//" in path:
        raise Invalid("The path holds an empty segment.")
    if "." in path and any(segment in (".", "..") for segment in path.split("/")):
        raise Invalid("The path holds a dot segment.")
    return path


def _quote_beyond_ascii(path: str) -> str:
    try:
        return "".join(c if c.isascii() else quote(c) for c in path)
    except UnicodeEncodeError:
        raise Invalid("The path is not UTF-8.") from None


def _normalise_escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    if byte in _REFUSED_BYTES:
        raise Invalid("The path holds an encoded slash, backslash or control character.")
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _require_utf8(path: str) -> None:
    try:
        _ESCAPE.sub(lambda m: chr(int(m[1], 16)), path).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The path is not UTF-8.") from None


def _checked_query(query: str) -> str:
    if _REFUSED_IN_QUERY.search(query):
        raise Invalid("The query holds a character that must be percent-encoded.")
    if "%" in query or not query.isascii():
        try:
            unquote_to_bytes(query).decode()  # what is no text would reach the service as another question
        except UnicodeError:
            raise Invalid("The query is not UTF-8.") from None
    return query
