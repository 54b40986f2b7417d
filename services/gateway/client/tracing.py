"""W3C trace context: the trace that a request belongs to, told to the service behind."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from multidict import CIMultiDictProxy

_PARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_MOST_STATE = 512  # characters of tracestate, as much as everybody has to pass on
_TRACE_CHARACTERS, _SPAN_CHARACTERS, _AT_ONCE = 32, 16, 128
_UNSAMPLED = "00"
_ready: list[str] = []


class Trace(NamedTuple):
    """Where a request belongs. Our own part of it is the parent of what the service does."""

    trace_id: str
    lines: bytes
    """As header lines."""
    is_given: bool
    """Whether the client named the trace, rather than we."""


def trace_of(headers: CIMultiDictProxy[str]) -> Trace:
    """The trace that the client names, else a new one. A malformed `traceparent` voids `tracestate` as well."""
    fresh = _random()
    trace_id, span_id = fresh[:_TRACE_CHARACTERS], fresh[_TRACE_CHARACTERS:]
    given = headers.getall("traceparent", None)
    found = _PARENT.fullmatch(given[0]) if given is not None and len(given) == 1 else None
    if found is None or (found["more"] and found["version"] == "00"):
        return Trace(trace_id, f"traceparent: 00-{trace_id}-{span_id}-{_UNSAMPLED}\r\n".encode(), is_given=False)
    lines = f"traceparent: 00-{found['trace']}-{span_id}-{found['flags']}\r\n"
    state = _state(headers.getall("tracestate", []))
    if state:
        lines += f"tracestate: {state}\r\n"
    return Trace(found["trace"], lines.encode(), is_given=True)


def _state(given: Sequence[str]) -> str:
    """All of the fields, or nothing: a part of it could say something else."""
    joined = ",".join(given)
    return joined if len(joined) <= _MOST_STATE and joined.isascii() else ""


def _random() -> str:
    """The system is asked for many at once: each time costs some microseconds."""
    if not _ready:
        size = _TRACE_CHARACTERS + _SPAN_CHARACTERS
        text = os.urandom(size // 2 * _AT_ONCE).hex()
        _ready.extend(text[at : at + size] for at in range(0, len(text), size))
    return _ready.pop()
