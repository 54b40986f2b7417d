"""W3C trace context: the trace that a request belongs to, told to the service behind."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from multidict import CIMultiDictProxy

_PARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<parent>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_MOST_STATE = 512  # characters of tracestate, as much as everybody has to pass on
_TRACE_CHARACTERS, _SPAN_CHARACTERS, _AT_ONCE = 32, 16, 128
_SAMPLED = 1  # of the flags
_RATIO_DIGITS = 14  # of a trace id that are surely random
_ready: list[str] = []


class Trace(NamedTuple):
    """Where a request belongs. Our own part of it is the parent of what the service does."""

    trace_id: str
    span_id: str
    parent_id: str
    """The client's part, if it named the trace; else empty."""
    is_sampled: bool
    lines: bytes
    """As header lines."""

    @property
    def is_given(self) -> bool:
        """Whether the client named the trace, rather than we."""
        return bool(self.parent_id)


def new_trace(sample_ratio: float = 0.0) -> Trace:
    """A trace that begins here, sampled or not by its number."""
    fresh = _random()
    trace_id, span_id = fresh[:_TRACE_CHARACTERS], fresh[_TRACE_CHARACTERS:]
    sampled = sample_ratio > 0 and int(trace_id[-_RATIO_DIGITS:], 16) < sample_ratio * 16**_RATIO_DIGITS
    line = f"traceparent: 00-{trace_id}-{span_id}-{'01' if sampled else '00'}\r\n"
    return Trace(trace_id, span_id, "", sampled, line.encode())


def trace_of(headers: CIMultiDictProxy[str], sample_ratio: float = 0.0) -> Trace:
    """The trace that the client names, else a new one. A malformed `traceparent` voids `tracestate` as well."""
    given = headers.getall("traceparent", None)
    found = _PARENT.fullmatch(given[0]) if given is not None and len(given) == 1 else None
    if found is None or (found["more"] and found["version"] == "00"):
        return new_trace(sample_ratio)
    span_id = _random()[_TRACE_CHARACTERS:]
    lines = f"traceparent: 00-{found['trace']}-{span_id}-{found['flags']}\r\n"
    state = _state(headers.getall("tracestate", []))
    if state:
        lines += f"tracestate: {state}\r\n"
    return Trace(found["trace"], span_id, found["parent"], bool(int(found["flags"], 16) & _SAMPLED), lines.encode())


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
