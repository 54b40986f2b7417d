"""What the public suites for HTTP/1.1 ask of a server, asked of the gateway before a plain service."""

from __future__ import annotations

import re

import aiohttp

from tests.conformance.cases import framing, messages, resources
from tests.conformance.run import before_a_gateway, run
from tests.conformance.seen import Seen

_CASES = [*messages.CASES, *framing.CASES, *resources.CASES]


async def test_every_case_of_the_public_suites_is_as_expected() -> None:
    assert len({case.name for case in _CASES}) == len(_CASES)
    async with before_a_gateway() as base:
        assert _failed(await run(base, _CASES)) == {}


async def test_also_on_a_connection_that_carried_plain_requests(redis_url: str) -> None:
    """Which took the gateway's short way: what follows them is read as carefully."""
    async with before_a_gateway(redis_url) as base:
        found = await run(base, _CASES, before=4)
        async with aiohttp.ClientSession() as client, client.get(f"{base}/metrics") as response:
            figures = await response.text()
    assert _failed(found) == {}
    passed = re.search(r'^gateway_lane_requests_total\{outcome="passed"\} ([0-9.]+)$', figures, re.MULTILINE)
    assert passed is not None
    assert float(passed[1]) > len(_CASES), "nothing was shown"


def _failed(found: list[Seen]) -> dict[str, str]:
    return {
        case.name: f"{seen.words()} rather than {case.expected.words}"
        for case, seen in zip(_CASES, found, strict=True)
        if not case.expected.holds(seen)
    }
