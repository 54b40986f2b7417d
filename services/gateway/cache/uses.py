"""Whether an entry may be used for a request as it is (RFC 9111, 4.2; RFC 5861)."""

from enum import Enum, auto

from services.gateway.cache.currency import Currency
from services.gateway.cache.directives import RequestRules
from services.gateway.cache.entry import Entry

AGAIN_SECONDS = 1.0
"""After its service failed to confirm an entry, it is not asked for as long."""


class Use(Enum):
    """What may be done with an entry."""

    AT_ONCE = auto()
    BRIEFLY = auto()
    """At once, while its service is asked if it is still the same."""
    CONFIRM = auto()
    """Only when its service says that it is still the same."""


def use_of(entry: Entry, rules: RequestRules, currency: Currency, now: float) -> Use:
    """What may be done with `entry` for a request with these rules."""
    facts = entry.facts
    if facts.tags and not currency.is_current(facts.tags, entry.confirmed_at, now):
        return Use.CONFIRM
    if rules.no_cache or facts.rules.no_cache:
        return Use.CONFIRM
    if rules.max_age is not None and now - entry.born_at > rules.max_age:
        return Use.CONFIRM
    left = entry.fresh_until - now
    if left > rules.min_fresh:
        return Use.AT_ONCE
    if facts.rules.forbids_stale:
        return Use.CONFIRM
    if rules.max_stale is not None and left > -rules.max_stale:
        return Use.AT_ONCE
    if not rules.min_fresh and left > -facts.rules.stale_while_revalidate:
        return Use.BRIEFLY
    return Use.CONFIRM


def stands_in(entry: Entry, currency: Currency, now: float, usual_seconds: int) -> bool:
    """Whether `entry` is better than an error of its service: never once it is known that its content was changed."""
    facts = entry.facts
    if facts.rules.forbids_stale or (facts.tags and currency.is_changed(facts.tags, entry.confirmed_at)):
        return False
    allowed = usual_seconds if facts.rules.stale_if_error is None else facts.rules.stale_if_error
    return entry.fresh_until + allowed > now
