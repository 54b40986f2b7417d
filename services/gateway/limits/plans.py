"""Rate limits: which policies count a request, and what they say to it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from services.gateway.limits.gcra import Rate
from services.gateway.settings import GatewaySettings
from shared.identity import Identity

KEY_PREFIX = "rl:"
_KNOWN = 4096


class Policy(NamedTuple):
    """A limit that applies to somebody."""

    name: str
    rate: Rate
    header: str
    """Its item in `RateLimit-Policy`."""
    lines: str
    """The header lines of a policy that counts alone, up to its figures."""

    @staticmethod
    def of(name: str, quota: int, burst: int) -> "Policy":
        """`quota` requests a minute, `burst` of them at once."""
        rate = Rate(quota, burst)
        header = f'"{name}";q={rate.quota};w={rate.window}'
        return Policy(name, rate, header, f'RateLimit-Policy: {header}\r\nRateLimit: "{name}"')


class Charge(NamedTuple):
    """One request counted against one policy. `key` names the policy and who is counted: an address or an account."""

    policy: Policy
    key: str

    @staticmethod
    def of(policy: Policy, who: str) -> "Charge":
        """A request of `who`."""
        return Charge(policy, f"{KEY_PREFIX}{policy.name}:{who}")


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
    """Which policies count a request.

    An API key counts by its own policy and for its account; one to which an administrator gave a plan, by that alone.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        of, s = Policy.of, settings
        self._anonymous = of("default", s.rate_limit_anonymous_per_minute, s.rate_limit_anonymous_burst)
        self._account = of("account", s.rate_limit_account_per_minute, s.rate_limit_account_burst)
        self._credentials = of("credentials", s.rate_limit_credentials_per_minute, s.rate_limit_credentials_burst)
        self._key = of("key", s.rate_limit_key_per_minute, s.rate_limit_key_burst)
        self._named = {name: of(name, plan.per_minute, plan.burst) for name, plan in s.plans.items()}
        self._known = lru_cache(maxsize=_KNOWN)(self._charges)

    def charges(self, identity: Identity, address: str, *, tries_credentials: bool) -> tuple[Charge, ...]:
        """The account of who signed in, else the address; the API key; and the address again where secrets are
        guessed."""
        if identity.is_anonymous:
            return self._known("", "", "", "", address, tries_credentials)
        return self._known(identity.subject, identity.plan, identity.key, identity.key_plan, address, tries_credentials)

    def _charges(
        self, account: str, plan: str, key: str, key_plan: str, address: str, tries_credentials: bool
    ) -> tuple[Charge, ...]:
        charges: tuple[Charge, ...]
        if not account:
            charges = (Charge.of(self._anonymous, address),)
        elif key and key_plan in self._named:  # a plan that is named no more is none
            charges = (Charge.of(self._named[key_plan], f"key:{key}"),)
        else:
            charges = (Charge.of(self._named.get(plan, self._account), account),)
            if key:
                charges = (Charge.of(self._key, key), *charges)
        return (*charges, Charge.of(self._credentials, address)) if tries_credentials else charges


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
    if len(verdicts) == 1:
        policy, _, remaining, reset, _ = verdicts[0]
        return f"{policy.lines};r={remaining};t={reset}\r\n"
    return "".join([f"{name}: {value}\r\n" for name, value in limit_headers(verdicts).items()])
