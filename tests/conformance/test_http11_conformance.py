"""What the public suites for HTTP/1.1 ask of a server, asked of the gateway before a plain service."""

from __future__ import annotations

from tests.conformance.cases import framing, messages, resources
from tests.conformance.run import before_a_gateway, run


async def test_every_case_of_the_public_suites_is_as_expected() -> None:
    cases = [*messages.CASES, *framing.CASES, *resources.CASES]
    assert len({case.name for case in cases}) == len(cases)
    async with before_a_gateway() as base:
        found = await run(base, cases)
    failed = {
        case.name: f"{seen.words()} rather than {case.expected.words}"
        for case, seen in zip(cases, found, strict=True)
        if not case.expected.holds(seen)
    }
    assert failed == {}
