"""Sends each case to a server and prints what was expected and seen. Exits 1 when an expectation does not hold.

    python -m tests.conformance http://127.0.0.1:8080

Without an address, a gateway of its own is started before a plain upstream. The cases are those of the public suites
for HTTP/1.1 servers (Http11Probe, h1spec), in our own words; a server of which the address is given must answer POST
with the body it got to hold those that look at it (`--upstream` runs just that, plain, on a free port).
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.conformance.cases import framing, messages, resources
from tests.conformance.run import before_a_gateway, run
from tests.conformance.upstream import make_upstream
from tests.serving import running


async def _main(arguments: argparse.Namespace) -> int:
    cases = [*messages.CASES, *framing.CASES, *resources.CASES]
    if arguments.base:
        found = await run(arguments.base, cases, before=arguments.before)
    elif arguments.upstream:
        async with running(make_upstream()) as base:
            found = await run(base, cases)
    else:
        async with before_a_gateway() as base:
            found = await run(base, cases, before=arguments.before)
    out = sys.stdout.write
    out("| case | expected | seen | |\n| --- | --- | --- | --- |\n")
    held = 0
    for case, seen in zip(cases, found, strict=True):
        holds = case.expected.holds(seen)
        held += holds
        out(f"| {case.name} | {case.expected.words} | {seen.words()} | {'' if holds else 'NO'} |\n")
    out(f"\n{held} of {len(cases)} as expected\n")
    return 0 if held == len(cases) else 1


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", help="the server's address")
    parser.add_argument("--before", type=int, default=0, help="plain requests before each case, on its connection")
    parser.add_argument("--upstream", action="store_true", help="ask the plain upstream itself")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
