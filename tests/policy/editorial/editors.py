"""People at work on drafts: each calls the service with a real internal token of their own role."""

from typing import Any

import aiohttp

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.policy.policy_service import KEY

DRAFTS = "/api/v1/drafts"
ANSWERED = tuple[int, Any, str]
"""Status, body and ETag."""


class Person:
    """An account with a role, everywhere unless areas are named."""

    def __init__(self, session: aiohttp.ClientSession, account: str, role: Role, areas: str = "*") -> None:
        self.session = session
        self.account = account
        self.role = role
        self.areas = areas

    def headers(self) -> dict[str, str]:
        """What the gateway shows with a request of this account."""
        identity = Identity(self.account, self.role, sid="s", areas=self.areas)
        return {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(identity, "policy")}

    async def call(
        self, method: str, path: str, body: Any = None, *, etag: str = "", key: str = "", raw: bytes | None = None
    ) -> ANSWERED:
        """One request; `etag` goes into If-Match, `key` into Idempotency-Key."""
        headers = self.headers() | ({"If-Match": etag} if etag else {})
        headers |= {"Idempotency-Key": key} if key else {}
        if raw is not None:
            headers["Content-Type"] = "application/json"
        json = None if raw is not None else body
        async with self.session.request(
            method, path, json=json, data=raw, headers=headers, allow_redirects=False
        ) as response:
            if path.startswith(DRAFTS):
                assert "no-store" in response.headers["Cache-Control"], (path, response.headers)
            return response.status, await response.json(content_type=None), response.headers.get("ETag", "")

    async def expect(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> tuple[Any, str]:
        """One request that must be answered so; its body and ETag."""
        found, answer, etag = await self.call(method, path, body, **more)
        assert found == status, (method, path, found, answer)
        return answer, etag

    async def do(self, draft: str, step: str, body: Any = None, *, status: int = 200) -> Any:
        """A step of the whole draft with its present ETag, which the person may read."""
        _, etag = await self.expect(200, "GET", f"{DRAFTS}/{draft}?content=none")
        return (await self.expect(status, "POST", f"{DRAFTS}/{draft}/{step}", body, etag=etag))[0]

    async def write(self, draft: str, eid: str, source: str, **more: Any) -> Any:
        """Write over the text of a provision."""
        path = f"{DRAFTS}/{draft}/provisions/{eid}"
        _, etag = await self.expect(200, "GET", path)
        return (await self.expect(200, "PATCH", path, {"format": "markdown", "source": source, **more}, etag=etag))[0]

    async def withdraw(self, address: str, reason: str, *, status: int = 201) -> Any:
        """Take back the text that is at `address` now."""
        version, _ = await self.expect(200, "GET", f"{address}?content=none")
        body = {"address": address, "content_hash": version["content_hash"], "reason": reason}
        return (await self.expect(status, "POST", "/api/v1/withdrawals", body))[0]
