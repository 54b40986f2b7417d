"""Rate limits: which policies count a request, and what they say to it."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.gcra import Rate
from services.gateway.settings import GatewaySettings
from shared.identity import Identity


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


def limit_headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), as structured fields."""
    if not verdicts:
        return {}
    return {
        "RateLimit-Policy": ", ".join([_policy(v.policy, v.rate) for v in verdicts]),
        "RateLimit": ", ".join([f'"{v.policy}";r={v.remaining};t={v.reset}' for v in verdicts]),
    }


@functools.lru_cache(maxsize=64)
def _policy(policy: str, rate: Rate) -> str:
    return f'"{policy}";q={rate.quota};w={rate.window}'
