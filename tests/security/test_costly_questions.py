"""Texts made to make a regular expression or a query run for ever: each is answered, refused or broken off."""

from __future__ import annotations

import asyncio
import itertools
import time

import psycopg
import pytest

from tests.security.described import operations
from tests.security.security_stack import ROOMY, Platform, running_gateway

_LONG = 2500
REPEATED = ["a", "a ", "a-", "aA1", "(", '"', "*:", "&amp;", "1.", "\t ", "é́", "https://a.", "-" * 3, "a@", "%"]
"""What expressions that can match in many ways stumble over, many times, with an end that does not fit."""


async def test_in_every_text_of_reading_requests(platform: Platform) -> None:
    """Within the deadlines that the gateway sets; 503 and 504 would say that one was missed."""
    editor = await platform.person("editor")
    gate = asyncio.Semaphore(8)
    reading = [each for each in await operations(platform) if each.method == "GET"]
    places = [(each, position) for each in reading for position in each.positions() if position[0] == "query"]
    assert len(places) > 50

    async def ask(number: int) -> list[str]:
        operation, position = places[number % len(places)]
        text = (REPEATED[number % len(REPEATED)] * _LONG)[:_LONG] + "!\u0301\n"
        async with gate:
            status, said = await operation.put(position, text).send(platform, editor)
        return [f"{operation.name} {position} {text[:3]!r}: {status} {said[:200]}"] if status >= 500 else []

    asked = await asyncio.gather(*map(ask, range(4 * len(places))))  # the two counts share no divisor with four
    assert [line for lines in asked for line in lines] == []


@pytest.mark.parametrize(
    "unit", ["[a](", "> ", "* " * 30 + "\n", "`", "|a|\n|-|\n", "(1) (a) (i) ", "<!--", "**a_", "![", "&#"]
)
async def test_in_what_is_written_and_verified(platform: Platform, unit: str) -> None:
    editor = await platform.person("editor")
    text = (unit * 40_000)[:40_000] + "\nend"
    address = "/api/v1/policies/ca-port-lumen/by-law/2016-04/en@2024-07-01"
    body = {"items": [{"address": address, "text": text}]}
    status, answer, _ = await platform.call("POST", "/api/v1/verify", body)
    assert status in (200, 400, 413, 422), answer
    source = f"## 1. {unit}\n\n{text}"
    draft = {"text": source, "jurisdiction": "ca-example-town", "kind": "by-law",
             "number": "9", "lang": "en", "title": "x"}  # fmt: skip
    status, answer, _ = await platform.call("POST", "/api/v1/drafts", draft, by=editor)
    assert status in (201, 400, 409, 413, 422), answer


async def test_others_are_answered_while_a_costly_text_is_read(platform: Platform) -> None:
    """All services of this platform share one loop with this test: what blocks one would block all."""
    editor = await platform.person("editor")
    draft = {"text": f"## 1. Rule\n\n{'![' * 16_000}", "jurisdiction": "ca-example-town", "kind": "by-law",
             "number": "10", "lang": "en", "title": "x"}  # fmt: skip
    sent = asyncio.create_task(platform.call("POST", "/api/v1/drafts", draft, by=editor))
    moments = [time.monotonic()]
    while not sent.done():
        async with platform.session.get(f"{platform.services['policy']}/livez") as response:
            await response.read()
        moments.append(time.monotonic())
    assert sent.result()[0] == 201, sent.result()
    longest = max(after - before for before, after in itertools.pairwise(moments))
    assert longest < (moments[-1] - moments[0]) / 3, "most of the time goes into reading the text"


async def test_a_query_that_hangs_is_broken_off_in_the_database(platform: Platform) -> None:
    """Here it waits for a lock; it is told to end when the request's time is over, and does."""
    running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadlines = ROOMY | {"upstream_search_seconds": 1}
    async with running_gateway(platform.services, platform.redis_url, **deadlines) as gateway:
        address = f"{gateway}/api/v1/search?q=noise&lang=en&limit=7"
        with psycopg.connect(platform.database.owner_url) as owner:
            owner.execute("LOCK TABLE policy.search_passage, policy.search_document IN ACCESS EXCLUSIVE MODE")
            async with platform.session.get(address) as response:
                assert response.status in (503, 504), await response.text()
                assert "SELECT" not in await response.text()
            with psycopg.connect(platform.database.owner_url, autocommit=True) as other:
                await _until_none(other, running)
            owner.rollback()
        async with platform.session.get(address) as response:
            assert response.status == 200, await response.text()


async def _until_none(connection: psycopg.Connection, query: str) -> None:
    deadline = time.monotonic() + 30
    while (found := connection.execute(query.encode()).fetchone()) and found[0]:
        assert time.monotonic() < deadline, "it runs on in the database"
        await asyncio.sleep(0.05)
