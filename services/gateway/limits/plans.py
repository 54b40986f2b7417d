"""Rate limits: which policies count a request, and what they say to it."""

from collections.abc import Sequence
from typing import NamedTuple

from services.gateway.limits.gcra import Rate
from services.gateway.settings import GatewaySettings
from shared.identity import Identity


class Policy(NamedTuple):
    """A limit that applies to somebody."""

    name: str
    rate: Rate
    header: str
    """Its item in `RateLimit-Policy`."""

    @staticmethod
    def of(name: str, quota: int, burst: int) -> "Policy":
        """`quota` requests a minute, `burst` of them at once."""
        rate = Rate(quota, burst)
        return Policy(name, rate, f'"{name}";q={rate.quota};w={rate.window}')


class Charge(NamedTuple):
    """One request counted against one policy. `key` is who is counted: an address or an account."""

    policy: Policy
    key: str


class Verdict(NamedTuple):
    """What a policy says to a request. Times are in whole seconds, rounded up."""

    policy: Policy
    granted: bool
    remaining: int
    reset: int
    """Until the whole quota is back."""
    retry_after: int
    """Until the next request is granted; 0 when one would be now."""


class Plans:
    """Which policies count a request."""

    def __init__(self, settings: GatewaySettings) -> None:
        of, s = Policy.of, settings
        self._anonymous = of("default", s.rate_limit_anonymous_per_minute, s.rate_limit_anonymous_burst)
        self._account = of("account", s.rate_limit_account_per_minute, s.rate_limit_account_burst)
        self._credentials = of("credentials", s.rate_limit_credentials_per_minute, s.rate_limit_credentials_burst)

    def charges(self, identity: Identity, address: str, *, tries_credentials: bool) -> list[Charge]:
        """The account of who signed in, else the address; and the address again where secrets are guessed."""
        if identity.is_anonymous:
            charges = [Charge(self._anonymous, address)]
        else:
            charges = [Charge(self._account, identity.subject)]
        if tries_credentials:
            charges.append(Charge(self._credentials, address))
        return charges


def limit_headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), as structured fields."""
    if not verdicts:
        return {}
    return {
        "RateLimit-Policy": ", ".join([v.policy.header for v in verdicts]),
        "RateLimit": ", ".join([f'"{v.policy.name}";r={v.remaining};t={v.reset}' for v in verdicts]),
    }


def limit_lines(verdicts: Sequence[Verdict]) -> str:
    """The same as header lines."""
    return "".join([f"{name}: {value}\r\n" for name, value in limit_headers(verdicts).items()])
