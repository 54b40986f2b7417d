"""Rate limits: exact over all gateways while Redis answers, per gateway while it does not."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.gcra import SCRIPT, LocalBuckets, Rate
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store, StoreAway
from shared.identity import Identity

KEY_PREFIX = "rl:"


@dataclass(frozen=True, slots=True)
class Charge:
    """One request counted against one policy. `key` is who is counted: an address or an account."""

    policy: str
    rate: Rate
    key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says to a request. Times are in whole seconds, rounded up."""

    policy: str
    rate: Rate
    granted: bool
    remaining: int
    reset: int
    """Until the whole quota is back."""
    retry_after: int
    """Until the next request is granted; 0 when one would be now."""


class Plans:
    """Which policies count a request."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._anonymous = Rate(settings.rate_limit_anonymous_per_minute, settings.rate_limit_anonymous_burst)
        self._account = Rate(settings.rate_limit_account_per_minute, settings.rate_limit_account_burst)
        self._credentials = Rate(settings.rate_limit_credentials_per_minute, settings.rate_limit_credentials_burst)

    def charges(self, identity: Identity, address: str, *, tries_credentials: bool) -> list[Charge]:
        """The account of who signed in, else the address; and the address again where secrets are guessed."""
        if identity.is_anonymous:
            charges = [Charge("default", self._anonymous, address)]
        else:
            charges = [Charge("account", self._account, identity.subject)]
        if tries_credentials:
            charges.append(Charge("credentials", self._credentials, address))
        return charges


class Limiter:
    """Takes requests from their quotas."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._script = store.redis.register_script(SCRIPT)
        self._local = LocalBuckets()
        self._is_local = False

    @property
    def is_local(self) -> bool:
        """Whether the last request was counted in this process alone."""
        return self._is_local

    async def take(self, charges: Sequence[Charge]) -> list[Verdict]:
        """Count one request; granted by all policies or counted by none."""
        keys = [f"{KEY_PREFIX}{c.policy}:{c.key}" for c in charges]
        arguments = [n for c in charges for n in (c.rate.interval, c.rate.tolerance)]
        try:
            answer = await self._store.run(lambda: self._script(keys=keys, args=arguments))
        except StoreAway:
            self._is_local = True
            answer = self._local.take(keys, [c.rate for c in charges], time.monotonic())
        else:
            if self._is_local:
                self._is_local = False
                self._local.clear()
        granted = bool(answer[0])
        return [
            Verdict(c.policy, c.rate, granted or not wait, max(0, remaining), _seconds(reset), _seconds(wait))
            for c, remaining, reset, wait in zip(charges, answer[1::3], answer[2::3], answer[3::3], strict=True)
        ]


def limit_headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), as structured fields."""
    if not verdicts:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{v.policy}";q={v.rate.quota};w={v.rate.window}' for v in verdicts),
        "RateLimit": ", ".join(f'"{v.policy}";r={v.remaining};t={v.reset}' for v in verdicts),
    }


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
