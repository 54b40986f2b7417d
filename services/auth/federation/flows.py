"""What is under way between here and a provider, in Redis: each can be taken once, within ten minutes."""

import json
from dataclasses import asdict
from typing import Any

from redis.asyncio import Redis

from services.auth.federation.domain import FLOW_SECONDS, Flow, PendingLink, hash_text, new_secret
from shared.cache import AWAY
from shared.errors import Unavailable

_FLOW, _LINK = "federation:flow:", "federation:link:"
_GONE = "Signing in this way is not possible at this moment."


class Flows:
    """Kept by the hash of a secret that its holder brings back. Raises Unavailable while Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, flow: Flow) -> str:
        """Keep a flow; its state."""
        return await self._keep(_FLOW, asdict(flow))

    async def take(self, state: str) -> Flow | None:
        """The flow of a state, once."""
        found = await self._get(_FLOW, state, once=True)
        return None if found is None else Flow(**found)

    async def ask(self, link: PendingLink) -> str:
        """Keep a link that waits for its confirmation; its ticket."""
        return await self._keep(_LINK, asdict(link))

    async def link(self, ticket: str, *, once: bool = False) -> PendingLink | None:
        """The link of a ticket; with `once` nobody finds it again."""
        found = await self._get(_LINK, ticket, once=once)
        return None if found is None else PendingLink(**found)

    async def _keep(self, prefix: str, what: dict[str, str]) -> str:
        secret = new_secret()
        try:
            await self._redis.set(prefix + hash_text(secret), json.dumps(what), ex=FLOW_SECONDS)
        except AWAY as error:
            raise Unavailable(_GONE, retry_after=2) from error
        return secret

    async def _get(self, prefix: str, secret: str, *, once: bool) -> dict[str, Any] | None:
        key = prefix + hash_text(secret)
        try:
            raw = await (self._redis.getdel(key) if once else self._redis.get(key))
        except AWAY as error:
            raise Unavailable(_GONE, retry_after=2) from error
        return None if raw is None else json.loads(raw)
