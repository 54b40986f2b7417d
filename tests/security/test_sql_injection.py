"""SQL in every text of every request: it is looked for, listed or refused, and never run."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from tests.security.described import Operation, Position, operations
from tests.security.security_stack import Platform

MARK = "injected_by_a_test"
TEXTS = [
    "'; CREATE TABLE injected_by_a_test (); --", "x') OR ('1'='1", "x' UNION SELECT password_hash FROM auth.account --",
    "$1\\'\"", "a:* & !b | (c <-> d", "%s{0}%%", "/*😀' --",
]  # fmt: skip


def _held(platform: Platform) -> tuple[int, int, int]:
    """How many tables, accounts and works there are."""
    with psycopg.connect(platform.database.owner_url) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM pg_class WHERE relkind = 'r'), (SELECT count(*) FROM auth.account),"
            " (SELECT count(*) FROM policy.work)"
        ).fetchone()
        assert found
        return found[0], found[1], found[2]


async def test_in_every_text_of_reading_requests(platform: Platform) -> None:
    people = {role: await platform.person(role) for role in ("editor", "reviewer", "admin")}
    before = _held(platform)
    gate = asyncio.Semaphore(8)
    wrong: list[str] = []

    async def ask(operation: Operation, position: Position, text: str) -> None:
        changed = operation.put(position, text)
        async with gate:
            status, said = await changed.send(platform, people[changed.role])
        if status >= 500 or "$2b$" in said or "syntax error" in said:
            wrong.append(f"{changed.name} {position} {text!r}: {status} {said[:200]}")

    reading = [operation for operation in await operations(platform) if operation.method == "GET"]
    places = [(each, position) for each in reading for position in each.positions() if position[0] != "header"]
    await asyncio.gather(*(ask(*place, text) for place in places for text in TEXTS))
    assert wrong == []
    assert _held(platform) == before


async def test_a_condition_that_is_always_true_finds_nothing(platform: Platform) -> None:
    for path in ("/api/v1/search?q=%27%20OR%20%271%27=%271%27%20--%20zzqqx", "/api/v1/suggest?q=%27)%20OR%201=1%20--"):
        status, found, _ = await platform.call("GET", path)
        assert (status, found["items"]) == (200, []), found


@pytest.mark.parametrize("sort", ["title;--", "title desc, (SELECT 1)", "1", "password_hash", "title) DESC --"])
async def test_the_order_is_one_of_ours(platform: Platform, sort: str) -> None:
    """Orders cannot be parameters of a statement, so that they are the place to forget."""
    for path in ("/api/v1/policies", "/api/v1/search"):
        async with platform.session.get(platform.gateway + path, params={"sort": sort, "q": "noise"}) as response:
            assert response.status == 400, await response.text()


async def test_what_is_written_is_kept_as_it_is(platform: Platform) -> None:
    name = "Robert'); DROP TABLE auth.account; --"
    body = {"email": f"{MARK}@example.org", "password": "plum-Orbit-94-tangerine", "display_name": name}
    status, _, _ = await platform.call("POST", "/api/v1/auth/register", body)
    assert status == 202
    with psycopg.connect(platform.database.owner_url) as connection:
        query = "SELECT display_name FROM auth.account WHERE email = %s"
        assert connection.execute(query, (body["email"],)).fetchone() == (name,)
