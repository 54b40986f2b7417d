"""A request's trace reaches the service: the one that the client names, or a new one."""

import re

import pytest

from tests.gateway.conftest import Front
from tests.gateway.sockets import ask

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


async def _seen(front: Front, lines: bytes) -> dict[str, list[str]]:
    front.reached.clear()
    await ask(front.base, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n")
    (head,) = front.reached
    found: dict[str, list[str]] = {}
    for line in head.decode().split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


async def test_the_trace_of_the_client_goes_on(front: Front) -> None:
    seen = await _seen(front, f"traceparent: 00-{TRACE}-{SPAN}-01\r\ntracestate: a=1\r\ntracestate: b=2\r\n".encode())
    (parent,) = seen["traceparent"]
    version, trace, span, flags = parent.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != SPAN, "the gateway is the parent of what the service does"
    assert seen["tracestate"] == ["a=1,b=2"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        f"traceparent: 00-{'0' * 32}-{SPAN}-01",
        f"traceparent: 00-{TRACE}-{'0' * 16}-01",
        f"traceparent: ff-{TRACE}-{SPAN}-01",
        f"traceparent: 00-{TRACE.upper()}-{SPAN}-01",
        f"traceparent: 00-{TRACE}-{SPAN}-01-more",
        f"traceparent: 00-{TRACE}-{SPAN}",
        f"traceparent: 00-{TRACE}-{SPAN}-01\r\ntraceparent: 00-{TRACE}-{SPAN}-01",
        "traceparent: nonsense",
    ],
)
async def test_what_names_no_trace_begins_a_new_one(front: Front, given: str) -> None:
    seen = await _seen(front, f"{given}\r\ntracestate: a=1\r\n".lstrip("\r\n").encode())
    (parent,) = seen["traceparent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", parent)
    assert TRACE not in parent
    assert "tracestate" not in seen


async def test_a_later_version_of_the_field_is_understood(front: Front) -> None:
    seen = await _seen(front, f"traceparent: cc-{TRACE}-{SPAN}-01-what-comes\r\n".encode())
    assert seen["traceparent"][0].startswith(f"00-{TRACE}-")


async def test_each_request_has_a_trace_of_its_own(front: Front) -> None:
    parents = {(await _seen(front, b""))["traceparent"][0].split("-")[1] for _ in range(300)}
    assert len(parents) == 300


async def test_too_long_a_state_is_dropped_whole(front: Front) -> None:
    seen = await _seen(front, f"traceparent: 00-{TRACE}-{SPAN}-01\r\ntracestate: a={'x' * 600}\r\n".encode())
    assert "tracestate" not in seen
    assert seen["traceparent"][0].startswith(f"00-{TRACE}-")
