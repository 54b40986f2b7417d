"""The request id: one per request at the gateway, carried through every service and log line."""

import os
import re
from base64 import urlsafe_b64encode
from contextvars import ContextVar

HEADER = "X-Request-ID"
_VALID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ID_BYTES, _ID_CHARACTERS, _IDS_AT_ONCE = 12, 16, 256
_ready: list[str] = []
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request being handled, or an empty string outside of one."""
    return _request_id.get()


def new_request_id() -> str:
    """A fresh id: 96 random bits, URL-safe. The system is asked for many at once: each time costs some microseconds."""
    try:
        return _ready.pop()
    except IndexError:
        text = urlsafe_b64encode(os.urandom(_ID_BYTES * _IDS_AT_ONCE)).decode()
        _ready.extend(text[i : i + _ID_CHARACTERS] for i in range(0, len(text), _ID_CHARACTERS))
        return _ready.pop()


def request_id_of(given: str | None) -> str:
    """`given` when it is well-formed, else a fresh one: anything else would let callers forge log lines."""
    return given if given and _VALID.fullmatch(given) else new_request_id()


def enter_request(given: str | None) -> str:
    """Adopt `given` when it is well-formed, else make one, and make it current."""
    request_id = request_id_of(given)
    _request_id.set(request_id)
    return request_id


def resume_request(request_id: str) -> None:
    """Make the id current of a request that has one."""
    _request_id.set(request_id)
