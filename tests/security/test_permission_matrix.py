"""Every role at every operation of the merged description, through the real gateway: as docs/permissions.md says.

Identifiers are made up. So whoever may do something hears that it is not there, or not so, and whoever may not hears
just that, whatever is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from yarl import URL

from shared.guard import METHODS, needs_of
from shared.permissions import Role
from tests.docs.permissions_page import OWN, documented
from tests.security.described import Operation, operations
from tests.security.security_stack import Person, Platform

AT_ONCE = 8
NOWHERE = {"{id}": "987654321"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one request."""

    name: str
    role: Role
    status: int
    allowed: bool


async def test_the_platform_does_what_the_page_says(platform: Platform) -> None:
    merged = (await platform.call("GET", "/api/v1/openapi.json"))[1]
    needs = needs_of(merged)
    known = await _all_of_them(platform, merged)
    people: dict[Role, Person | None] = {Role.ANONYMOUS: None}
    for role in set(Role) - {Role.ANONYMOUS}:
        people[role] = await platform.person(role.value, fresh=True)

    async def attempt(operation: Operation, role: Role) -> Tried:
        item = merged["paths"][operation.template][operation.method.lower()]
        person = people[role]
        if person is not None and item.get(OWN) == "self" and operation.method != "GET":
            person = await platform.person(role.value, fresh=True)  # it may be the end of their session
        status, problem = await _sent(platform, operation, person)
        needed = needs[operation.method.lower(), operation.template]
        if status in (401, 403) and not needed:
            # What is in the request was refused, and not who sent it: a wrong password, a link that is none.
            return Tried(operation.name, role, status, allowed=problem.get("detail") != "Sign in to do this.")
        is_again = problem.get("type") == "/docs/errors#reauthentication-required"
        return Tried(operation.name, role, status, allowed=status not in (401, 403) or is_again)

    tried = await _together(attempt(operation, role) for operation in known for role in Role)
    found: dict[str, dict[Role, bool]] = {}
    for one in tried:
        found.setdefault(one.name, {})[one.role] = one.allowed
    assert found == documented()
    assert {one.status for one in tried if not one.allowed and one.role is Role.ANONYMOUS} == {401}
    assert {one.status for one in tried if not one.allowed and one.role is not Role.ANONYMOUS} == {403}
    assert [one for one in tried if one.status >= 500] == []


async def test_no_method_works_that_is_not_described(platform: Platform) -> None:
    merged = (await platform.call("GET", "/api/v1/openapi.json"))[1]
    admin = await platform.person("admin")
    strange: list[Operation] = []
    for operation in {one.template: one for one in await _all_of_them(platform, merged)}.values():
        alike = (item for path, item in merged["paths"].items() if _fits(operation.template, path))
        missing = METHODS.difference(*(item.keys() for item in alike))
        strange += [replace(operation, method=method.upper(), query={}, body=None) for method in sorted(missing)]

    async def attempt(operation: Operation) -> tuple[str, int]:
        return operation.name, (await _sent(platform, operation, admin))[0]

    answers = await _together(attempt(operation) for operation in strange)
    assert len(answers) > 100
    assert [one for one in answers if one[1] != 405] == []


def _fits(address: str, pattern: str) -> bool:
    """Whether an address, itself perhaps a pattern, is one of a pattern's."""
    pairs = list(zip(address.split("/"), pattern.split("/"), strict=False))
    is_as_long = address.count("/") == pattern.count("/")
    return is_as_long and all(given == wanted or wanted.startswith("{") for given, wanted in pairs)


async def _all_of_them(platform: Platform, merged: dict[str, Any]) -> list[Operation]:
    known = {one.name: one for one in await operations(platform)}
    for template, item in merged["paths"].items():
        for method in METHODS & item.keys():
            bare = Operation(method.upper(), template, path={"id": NOWHERE["{id}"]} if "{id}" in template else {})
            known.setdefault(bare.name, bare)  # streams, and forms
    return list(known.values())


async def _sent(platform: Platform, operation: Operation, by: Person | None) -> tuple[int, dict[str, Any]]:
    headers = {**operation.headers, **(by.headers if by else {})}
    address = URL(platform.gateway + operation.target(), encoded=True)
    async with platform.session.request(
        operation.method, address, headers=headers, json=operation.body, allow_redirects=False
    ) as response:
        is_problem = response.content_type == "application/problem+json"
        return response.status, await response.json() if is_problem else {}


async def _together(attempts: Iterable[Any]) -> list[Any]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: Any) -> Any:
        async with places:
            return await attempt

    return list(await asyncio.gather(*map(one, attempts)))
