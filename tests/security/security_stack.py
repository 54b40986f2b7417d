"""The whole platform as it runs: a gateway, and behind it auth, policy, web and the import worker's work."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psycopg
from aiohttp import web
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import run_next
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from tests.web.web_stack import KEY, PASSWORD, PUBLIC_URL

PLENTY = 1_000_000
_TOKENS_ARE_YOUNG_SECONDS = 120  # of the five minutes that they live
ROOMY: dict[str, Any] = {"redis_seconds": 10} | {
    f"rate_limit_{whom}_{what}": PLENTY
    for whom in ("anonymous", "account", "credentials")
    for what in ("per_minute", "burst")
}
"""Settings of a gateway that never says "too many requests", and has patience where all run in one process."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    email: str
    account_id: str
    access_token: str
    refresh_token: str
    signed_in_at: float = field(default_factory=time.monotonic)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs bears."""
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(slots=True)
class Platform:
    """A running platform."""

    gateway: str
    services: dict[str, str]
    """Addresses of auth, policy and web themselves, which nobody outside can reach."""
    database: DatabaseUrls
    redis_url: str
    session: aiohttp.ClientSession
    """Keeps no cookies, follows redirects only when told to."""
    _people: dict[str, Person] = field(default_factory=dict)

    async def person(self, role: str, *, fresh: bool = False) -> Person:
        """Somebody with this role; the same one for everyone who asks, unless they want somebody of their own."""
        if fresh:
            return await self._enroll(role)
        known = self._people.get(role)
        if known is None:
            self._people[role] = await self._enroll(role)
        elif time.monotonic() - known.signed_in_at > _TOKENS_ARE_YOUNG_SECONDS:
            self._people[role] = await self._sign_in(known.email, known.account_id)
        return self._people[role]

    async def call(
        self, method: str, path: str, body: Any = None, *, by: Person | None = None, **headers: str
    ) -> tuple[int, Any, Any]:
        """Status, JSON (or text, where it is none) and header fields. Underscores in names of fields are hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | (by.headers if by else {})
        async with self.session.request(
            method, self.gateway + path, json=body, headers=sent, allow_redirects=False
        ) as response:
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, await (response.json if is_json else response.text)(), response.headers

    async def imported(self, importer: str, filename: str, data: bytes, *, by: Person) -> dict[str, Any]:
        """What became of an upload that was imported as the worker does it; `failures` are the files that failed."""
        form = aiohttp.FormData()
        form.add_field("importer", importer)
        form.add_field("file", data, filename=filename)
        address = f"{self.gateway}/api/v1/imports"
        async with self.session.post(address, data=form, headers=by.headers) as response:
            made: dict[str, Any] = await response.json()
            assert response.status == 202, made
        await run_next(self.database.policy_url, importers=IMPORTERS, processes=1, stop=Stop(), index=index_pending)
        _, made, _ = await self.call("GET", f"/api/v1/imports/{made['id']}", by=by)
        assert made["state"] in ("done", "failed"), made
        _, failures, _ = await self.call("GET", f"/api/v1/imports/{made['id']}/failures", by=by)
        return {**made, "failures": failures["items"]}

    async def _enroll(self, role: str) -> Person:
        email = f"{secrets.token_hex(8)}@example.org"
        body = {"email": email, "password": PASSWORD, "display_name": "Somebody"}
        status, answer, _ = await self.call("POST", "/api/v1/auth/register", body)
        assert status < 300, answer
        with psycopg.connect(self.database.owner_url, autocommit=True) as connection:
            query = "UPDATE auth.account SET role = %s, areas = '*', verified_at = now() WHERE email = %s RETURNING id"
            found = connection.execute(query, (role, email)).fetchone()
            assert found
        return await self._sign_in(email, str(found[0]))

    async def _sign_in(self, email: str, account_id: str) -> Person:
        status, tokens, _ = await self.call("POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD})
        assert status == 200, tokens
        return Person(email, account_id, tokens["access_token"], tokens["refresh_token"])


@contextlib.asynccontextmanager
async def running_gateway(services: dict[str, str], redis_url: str, **settings: Any) -> AsyncIterator[str]:
    """A gateway in front of these services; its address."""
    values: dict[str, Any] = {
        "internal_key": SecretStr(KEY),
        "redis_url": SecretStr(redis_url),
        "public_url": PUBLIC_URL,
        "port": 0,
        **{f"{name}_url": address for name, address in services.items()},
        **settings,
    }
    async with open_gateway(GatewaySettings(**values)) as server:
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
