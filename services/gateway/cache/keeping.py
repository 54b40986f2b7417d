"""Which answers may be kept, and for how long they are fresh (RFC 9111, 3 and 4.2)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.cache.dates import http_date
from services.gateway.cache.directives import AnswerRules, answer_rules
from services.gateway.client.lines import ABOUT_CACHING, CACHING, CACHING_HERE
from services.gateway.upstreams.whole import Whole

RawHeaders = Sequence[tuple[bytes, bytes]]
_HEURISTIC = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
_UNDERSTOOD = _HEURISTIC | {201, 202, 302, 303, 307, 400, 401, 403, 406, 409, 415, 422, 451, 500, 502, 503}
_HEURISTIC_SHARE = 0.1
_MOST_HEURISTIC_SECONDS = 86_400
_READ = frozenset(
    {
        b"cache-control", b"cdn-cache-control", b"date", b"age", b"expires", b"last-modified", b"etag", b"vary",
        b"set-cookie", b"cache-tags",
    }
)  # fmt: skip
_ABOUT_CACHING = frozenset({b"cache-control", b"expires", b"last-modified", b"etag"})
_LENGTHS = frozenset(len(name) for name in (*_ABOUT_CACHING, b"cdn-cache-control"))
_NO_TAGS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer's header says that caching depends on. Moments are in seconds since 1970."""

    rules: AnswerRules
    date: float
    lifetime: float
    """Seconds that it is fresh, from when it was made."""
    age: float
    """Seconds that it was old when it came."""
    etag: bytes
    last_modified: bytes
    vary: tuple[bytes, ...]
    """Names of request fields in lower case, each once, in order; `*` among them: it is like no other."""
    tags: tuple[str, ...]
    """What it was made of, as its service says: see shared.contracts.changes."""
    may_be_kept: bool
    """If the request allows it, too: see `is_open_to_all`."""
    is_open_to_all: bool
    """Whether it says itself that everyone may have it, whoever asked for it."""

    @property
    def has_validator(self) -> bool:
        """Whether the service can be asked if it is still the same."""
        return bool(self.etag or self.last_modified)

    @property
    def is_worth_keeping(self) -> bool:
        """Whether it can be of use at a later request."""
        rules = self.rules
        return self.has_validator or self.lifetime + rules.stale_while_revalidate + (rules.stale_if_error or 0) > 0


def is_out_of_question(headers: RawHeaders) -> bool:
    """Whether an answer is not to be kept at first sight: most that pass are such, and should cost nothing more."""
    is_about_caching = False
    for name, value in headers:
        if len(name) not in _LENGTHS:
            continue
        lower = name.lower()
        if lower == b"cdn-cache-control":
            return False
        if lower == b"cache-control" and _forbids(value):
            return not any(other.lower() == b"cdn-cache-control" for other, _ in headers)
        is_about_caching = is_about_caching or lower in _ABOUT_CACHING
    return not is_about_caching


def is_out_of_question_at_sight(whole: Whole) -> bool:
    """The same of an answer that came in one piece; False also when that takes a closer look."""
    kinds = whole.kinds
    if kinds & CACHING_HERE:
        return False
    if not kinds & CACHING:
        return not kinds & ABOUT_CACHING
    if not whole.caching:
        return False
    return _forbids(whole.caching)


def facts_of(status: int, headers: RawHeaders, asked_at: float, now: float) -> Facts:
    """What the answer says; the request for it left at `asked_at`. Both moments are in seconds since 1970."""
    said: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _READ:
            said.setdefault(lower, []).append(value)
    targeted = said.get(b"cdn-cache-control")
    plain = b",".join(said.get(b"cache-control", []))
    rules = answer_rules(plain if targeted is None else b",".join(targeted))
    dated = http_date(said[b"date"][0]) if b"date" in said else None
    date = now if dated is None else dated
    changed = http_date(said[b"last-modified"][0]) if b"last-modified" in said else None
    explicit = _explicit_lifetime(rules, None if targeted else said.get(b"expires"), date)
    guessable = explicit is None and changed is not None and (status in _HEURISTIC or rules.public)
    lifetime = _guess(date, changed) if guessable and changed is not None else explicit or 0.0
    vary = _listed(said.get(b"vary", ()))
    opened = rules.public or rules.s_maxage is not None
    return Facts(
        rules=rules,
        date=date,
        lifetime=0.0 if rules.no_cache else lifetime,
        age=max(0.0, now - date, _age(said.get(b"age")) + now - asked_at),
        etag=said[b"etag"][0] if b"etag" in said else b"",
        last_modified=said[b"last-modified"][0] if b"last-modified" in said and changed is not None else b"",
        vary=vary,
        tags=tuple(tag.decode("latin-1") for tag in _listed(said[b"cache-tags"]))
        if b"cache-tags" in said
        else _NO_TAGS,
        may_be_kept=(
            _may_be_kept(status, rules, explicit is not None)
            and b"*" not in vary
            and (b"set-cookie" not in said or (opened and not answer_rules(plain).private))
        ),
        is_open_to_all=opened or rules.must_revalidate,
    )


def _forbids(cache_control: bytes) -> bool:
    rules = answer_rules(cache_control)
    return rules.private or (rules.no_store and not rules.must_understand)


def _may_be_kept(status: int, rules: AnswerRules, is_explicit: bool) -> bool:
    if rules.private or status < 200 or status in (206, 304):
        return False
    if rules.must_understand:
        return status in _UNDERSTOOD
    return not rules.no_store and (is_explicit or rules.public or status in _HEURISTIC)


def _explicit_lifetime(rules: AnswerRules, expires: Sequence[bytes] | None, date: float) -> float | None:
    if rules.s_maxage is not None:
        return float(rules.s_maxage)
    if rules.max_age is not None:
        return float(rules.max_age)
    if expires is None:
        return None
    until = http_date(expires[0])
    return 0.0 if until is None else max(0.0, until - date)


def _guess(date: float, changed: float) -> float:
    """What did not change for long will hardly do so today."""
    return min(_MOST_HEURISTIC_SECONDS, max(0.0, date - changed) * _HEURISTIC_SHARE)


def _age(values: Sequence[bytes] | None) -> int:
    """The first member of a list counts; what is no number is ignored (RFC 9111, 5.1)."""
    if not values:
        return 0
    digits = values[0].partition(b",")[0].strip()
    return min(int(digits[:20]), 2**31) if digits.isdigit() else 0


def _listed(values: Sequence[bytes]) -> tuple[bytes, ...]:
    names = [name.strip().lower() for value in values for name in value.split(b",")]
    return tuple(sorted({name for name in names if name}))


def whole_seconds(age: float) -> int:
    """An age as Age says it."""
    return max(0, math.floor(age))
