"""A flood of sign-ins, each of which costs a quarter of a second of a processor by design, stops nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
from pydantic import SecretStr

from services.auth.app import create_app
from services.auth.settings import AuthSettings
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.serving import running
from tests.web.web_stack import KEY, PASSWORD, PUBLIC_URL

LOGINS = 50


async def _asked(session: aiohttp.ClientSession, address: str, stop: asyncio.Event) -> list[int]:
    """Statuses of a page that is asked for again and again; a hang would show as TimeoutError."""
    found = []
    while not stop.is_set():
        async with session.get(address, timeout=aiohttp.ClientTimeout(total=5)) as response:
            found.append(response.status)
        await asyncio.sleep(0.01)
    return found


async def test_everything_else_answers_while_fifty_sign_in(platform: Platform) -> None:
    """Who cannot be served within the bound is told so: 503, with when to come again."""
    settings = AuthSettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr(platform.redis_url), public_url=PUBLIC_URL, bcrypt_cost=10,
        database_url=SecretStr(platform.database.auth_url), password_pepper=SecretStr(KEY[::-1]),
        key_encryption_key=SecretStr("k" + KEY), cursor_key=SecretStr("c" + KEY),
    )  # fmt: skip
    stop = asyncio.Event()
    async with running(create_app(settings)) as auth:
        services = {**platform.services, "auth": auth}
        async with running_gateway(services, platform.redis_url, **ROOMY) as gateway:

            async def sign_in(number: int) -> tuple[int, str]:
                body = {"email": f"nobody-{number}@example.org", "password": PASSWORD}
                async with platform.session.post(f"{gateway}/api/v1/auth/login", json=body) as response:
                    return response.status, response.headers.get("Retry-After", "")

            pages = [f"{address}/livez" for address in (gateway, *services.values())]
            pages += [f"{gateway}/", f"{gateway}/api/v1/kinds", f"{auth}/readyz"]
            others = [asyncio.create_task(_asked(platform.session, page, stop)) for page in pages]
            answers = await asyncio.gather(*map(sign_in, range(LOGINS)))
            stop.set()
            seen = await asyncio.gather(*others)
    statuses = Counter(status for status, _ in answers)
    assert statuses.keys() == {401, 503}, statuses
    assert all(after for status, after in answers if status == 503)
    for page, found in zip(pages, seen, strict=True):
        assert set(found) <= {200, 503}, (page, Counter(found))  # 503 is said by /livez of a machine that is too busy
        assert found.count(200) > 1, (page, Counter(found))
