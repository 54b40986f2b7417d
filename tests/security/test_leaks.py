"""What health pages and errors say to strangers: enough to act on, nothing about the machine, its code or its data."""

from __future__ import annotations

import json
import re

import pytest

from tests.gateway.sockets import ask
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.web.web_stack import KEY, NOWHERE

TELLING = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|asyncpg|aiohttp|psycopg|postgres(?:ql)?://|redis://|SELECT |/home/|/usr/|"
    r"auth-test-password|valkey-test-password|Python/|uvloop|lxml",
)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health"])
async def test_health_pages_say_how_and_not_where(platform: Platform, path: str) -> None:
    async with platform.session.get(platform.gateway + path) as response:
        text = await response.text()
    assert json.loads(text)["status"] in ("pass", "warn", "fail")
    assert not TELLING.search(text), text
    assert KEY not in text


@pytest.mark.parametrize(
    "request_line",
    ["GET /nowhere HTTP/1.1", "GET /api/v1/nowhere HTTP/1.1", "GET /api/v1/policies/zz/act/1 HTTP/1.1",
     "POST /api/v1/auth/login HTTP/1.1", "GET /api/v1/search?q=%00 HTTP/1.1", "BREW / HTTP/1.1", "GET ../ HTTP/1.1",
     "GET /api/v1/changes/99999999999999999999 HTTP/1.1", "GET /api/v1/bulk/x HTTP/1.1", "DELETE /login HTTP/1.1",
     "GET /static/x/y HTTP/1.1", "GET /metrics/x HTTP/1.1", "nonsense"],
)  # fmt: skip
async def test_errors_say_what_and_not_how(platform: Platform, request_line: str) -> None:
    for accept in ("text/html", "application/json"):
        head = f"{request_line}\r\nHost: localhost\r\nConnection: close\r\nAccept: {accept}\r\n\r\n"
        answer = (await ask(platform.gateway, head.encode())).decode("utf-8", "replace")
        assert 400 <= int(answer.split(" ", 2)[1]) < 500, answer[:300]
        assert not TELLING.search(answer), answer
        assert "X-Powered-By" not in answer
        assert re.search(r"^server: \S*\d+\.\d+", answer, re.IGNORECASE | re.MULTILINE) is None


async def test_a_service_that_is_away_is_not_described(platform: Platform) -> None:
    """Neither its address nor what went wrong on the way to it."""
    services = {**platform.services, "policy": NOWHERE, "web": NOWHERE}
    async with running_gateway(services, platform.redis_url, **ROOMY) as gateway:
        for path in ("/api/v1/kinds", "/", "/health"):
            for accept in ("text/html", "application/json"):
                async with platform.session.get(gateway + path, headers={"Accept": accept}) as response:
                    text = await response.text()
                    assert response.status == 503, path
                assert not TELLING.search(text), text
                assert "127.0.0.1:1" not in text or path == "/health", text


async def test_metrics_are_not_for_strangers_of_the_services(platform: Platform) -> None:
    """The gateway routes to no operator's page of a service."""
    for service in ("auth", "policy", "web"):
        for page in ("livez", "readyz", "health", "metrics"):
            async with platform.session.get(f"{platform.gateway}/{service}/{page}") as response:
                assert response.status == 404
