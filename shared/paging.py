"""Keyset paging: an opaque, signed cursor that is bound to the sort order and filters it was made for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from shared.errors import FieldError, Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: after (or before) the row with these key values."""

    values: tuple[Any, ...]
    backwards: bool = False


class Cursors:
    """Makes and reads cursors. `key` is the same in all replicas of a service; what was made with `previous` is read,
    too."""

    def __init__(self, key: str, previous: str = "") -> None:
        self._keys = [hashlib.sha256(b"cursor:" + each.encode()).digest() for each in (key, previous) if each]

    def encode(self, position: Position, binding: str) -> str:
        """A cursor for `position`; `binding` names sort and filters, and must be the same when it comes back."""
        payload = json.dumps([int(position.backwards), *position.values], separators=(",", ":")).encode()
        mac = _mac(self._keys[0], payload, binding)
        return base64.urlsafe_b64encode(mac + payload).rstrip(b"=").decode()

    def decode(self, cursor: str, binding: str) -> Position:
        """The position in `cursor`; raises Invalid for one that was made elsewhere or for another query."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise _refused() from None
        mac, payload = raw[:16], raw[16:]
        if not any(hmac.compare_digest(mac, _mac(key, payload, binding)) for key in self._keys):
            raise _refused()
        backwards, *values = json.loads(payload)
        return Position(tuple(values), bool(backwards))


def _mac(key: bytes, payload: bytes, binding: str) -> bytes:
    return hmac.digest(key, binding.encode() + b"\0" + payload, "sha256")[:16]


def _refused() -> Invalid:
    detail = "is not a cursor of this query: follow `next` or `prev` as given, with the same filters"
    return Invalid("The cursor cannot be used.", errors=(FieldError(detail, "cursor"),))


def page_body(
    request: web.BaseRequest, items: Sequence[Any], *, limit: int, next_cursor: str | None, prev_cursor: str | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Body `{items, page}` and the `Link` header. Addresses are host-relative, so they work through the gateway."""
    links = {"next": _address(request, next_cursor), "prev": _address(request, prev_cursor)}
    body = {"items": list(items), "page": {**links, "limit": limit}}
    header = ", ".join(f'<{address}>; rel="{rel}"' for rel, address in links.items() if address)
    return body, {"Link": header} if header else {}


def _address(request: web.BaseRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = [(name, value) for name, value in request.query.items() if name != "cursor"]
    return f"{request.rel_url.raw_path}?{urlencode([*query, ('cursor', cursor)])}"
