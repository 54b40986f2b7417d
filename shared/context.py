"""The request id: one per request at the gateway, carried through every service and log line."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
_VALID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request being handled, or an empty string outside of one."""
    return _request_id.get()


def new_request_id() -> str:
    """A fresh id: 96 random bits, URL-safe."""
    return secrets.token_urlsafe(12)


def enter_request(given: str | None) -> str:
    """Adopt `given` when it is well-formed, else make one, and make it current.

    Anything else would let callers forge log lines.
    """
    request_id = given if given and _VALID.fullmatch(given) else new_request_id()
    _request_id.set(request_id)
    return request_id
