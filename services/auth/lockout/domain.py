"""How failed attempts add up, fade, and delay the next one.

Three scores grow with each failure and halve in a while: of the account (also of one that does not exist), of the
address that the attempts come from, and of the whole platform. Beyond a free number the next attempt has to wait, twice
as long for each further failure, up to some minutes. A device that signed in before, and an address from which its
owner is signed in, have a score of their own instead: whoever hammers an account from elsewhere cannot keep them out.
"""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of score works. Times in seconds."""

    free: int
    """So many failures cost nothing."""
    strict: int
    """So many, while the whole platform is under attack."""
    longest: float
    """The longest delay."""
    half_life: float


ACCOUNT = Rule(free=10, strict=3, longest=300, half_life=3600)
DEVICE = Rule(free=20, strict=20, longest=60, half_life=900)
ADDRESS = Rule(free=60, strict=15, longest=300, half_life=1800)
PLATFORM = Rule(free=1_000_000, strict=1_000_000, longest=0, half_life=300)  # delays nobody, makes the others strict
STRICT_FROM = 300.0
"""The platform's score from which it counts as under attack."""
PARALLEL = 30
"""So many attempts may be under way beyond the free ones: who has the right password may use it many times at once."""
FIRST_DELAY = 1.0
MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in. `account` names it without saying it: a keyed hash of the address that was typed."""

    account: str
    address: str = ""
    known: str = ""
    """What makes it its owner's: a device or address that signed in before; empty when nothing does."""

    def scores(self) -> tuple[tuple[str, Rule], ...]:
        """Names and rules of the scores that it counts for. One that comes from no address counts for none."""
        if self.known:
            return ((f"device:{self.account}:{self.known}", DEVICE),)
        account = ((f"account:{self.account}", ACCOUNT), ("platform", PLATFORM))
        return (*account, (f"address:{network_of(self.address)}", ADDRESS)) if self.address else account


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it stood at a moment, and until when the next attempt has to wait. Unix seconds."""

    value: float = 0.0
    at: float = 0.0
    until: float = 0.0

    def now(self, rule: Rule, now: float) -> float:
        """What is left of it."""
        return float(self.value * 0.5 ** (max(0.0, now - self.at) / rule.half_life))

    def wait(self, now: float) -> float:
        """Seconds until the next attempt may be made."""
        return max(0.0, self.until - now)

    def changed(self, rule: Rule, now: float, by: int, *, spare: int = 0, strict: bool = False) -> "Score":
        """With `by` failures more or fewer, `spare` of which may run at the same time beyond the free ones."""
        value = max(0.0, self.now(rule, now) + by)
        over = value - (rule.strict if strict else rule.free)
        if by < 0:
            return Score(value, now, self.until if over > 0 else 0.0)
        delay = min(rule.longest, FIRST_DELAY * 2 ** min(over, MOST_DOUBLINGS)) if over > spare else 0.0
        return Score(value, now, max(self.until, now + delay))


def network_of(address: str) -> str:
    """What stands for an address: IPv6 users have a whole /64 to themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
