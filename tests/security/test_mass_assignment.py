"""No body assigns what was not meant to be: a field that is not described is refused by name, and nothing is kept."""

from __future__ import annotations

import json

import psycopg

from tests.security.described import Operation, operations
from tests.security.security_stack import Platform

EXTRA = {"is_admin": True, "epoch": 0, "owner": "00000000-0000-4000-8000-000000000000", "verified_at": "2026-01-01"}
"""No operation has these."""
COUNTS = """SELECT (SELECT count(*) FROM auth.account), (SELECT count(*) FROM policy.draft),
                   (SELECT count(*) FROM policy.version), (SELECT count(*) FROM policy.editorial_event)"""
OPEN = {"POST /api/v1/mcp"}
"""A message of another's protocol, which lets messages have more members; it only reads."""


async def test_a_field_that_is_not_described_is_refused_by_name(platform: Platform) -> None:
    with psycopg.connect(platform.database.owner_url, autocommit=True) as connection:
        written = [one for one in await operations(platform) if isinstance(one.body, dict) and one.name not in OPEN]
        assert len(written) > 20
        person = {one.role: await platform.person(one.role, fresh=True) for one in written}
        before = connection.execute(COUNTS).fetchone()
        for operation in written:
            by = person[operation.role]
            status, text = await _with(operation, EXTRA).send(platform, by)
            assert status in (400, 422), (operation.name, status, text)
            named = {error["pointer"].removeprefix("#/") for error in json.loads(text).get("errors", ())}
            assert named >= EXTRA.keys(), (operation.name, text)
        assert connection.execute(COUNTS).fetchone() == before


async def test_nobody_registers_as_more_than_a_reader(platform: Platform) -> None:
    body = {"email": "eve@example.org", "password": "plum-Orbit-94-tangerine", "display_name": "Eve"}
    for field, value in (("role", "admin"), ("areas", ["*"]), ("disabled", False), ("plan", "partner"), ("id", "x")):
        status, problem, _ = await platform.call("POST", "/api/v1/auth/register", {**body, field: value})
        assert (status, problem["errors"][0]["pointer"]) == (422, f"#/{field}")
    with psycopg.connect(platform.database.owner_url) as connection:
        assert not connection.execute("SELECT FROM auth.account WHERE email = 'eve@example.org'").fetchone()


def _with(operation: Operation, extra: dict[str, object]) -> Operation:
    operation.body = {**operation.body, **extra}
    operation.headers.setdefault("If-Match", "*")
    return operation
