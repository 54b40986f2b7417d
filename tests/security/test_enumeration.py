"""Nobody learns from an answer whether an address has an account."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.security.security_stack import Platform
from tests.web.web_stack import PASSWORD

_OF_THE_MOMENT = {"date", "x-request-id", "ratelimit", "server-timing"}


def _stranger() -> str:
    return f"{secrets.token_hex(8)}@example.org"


async def _answer(platform: Platform, path: str, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
    status, answer, headers = await platform.call("POST", path, body)
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name != "request_id"}
    said = {name.lower(): value for name, value in headers.items() if name.lower() not in _OF_THE_MOMENT}
    return status, answer, said


@pytest.mark.parametrize(
    ("path", "rest", "status"),
    [
        ("/api/v1/auth/register", {"password": PASSWORD, "display_name": "Somebody"}, 202),
        ("/api/v1/auth/login", {"password": "not the password of anybody"}, 401),
        ("/api/v1/auth/password-reset/request", {}, 202),
    ],
)
async def test_known_and_unknown_addresses_get_the_same_answer(
    platform: Platform, path: str, rest: dict[str, str], status: int
) -> None:
    known = await platform.person("reader", fresh=True)
    answers = [await _answer(platform, path, {"email": email, **rest}) for email in (known.email, _stranger())]
    assert answers[0] == answers[1]
    assert answers[0][0] == status


async def test_a_right_password_of_an_unconfirmed_address_is_answered_like_a_wrong_one(platform: Platform) -> None:
    email = _stranger()
    body = {"email": email, "password": PASSWORD}
    status, _, _ = await platform.call("POST", "/api/v1/auth/register", {**body, "display_name": "Somebody"})
    assert status == 202
    right = await _answer(platform, "/api/v1/auth/login", body)
    assert right == await _answer(platform, "/api/v1/auth/login", {"email": _stranger(), "password": PASSWORD})
    assert right[0] == 401
