"""What the cases expect, in words and as a check."""

from __future__ import annotations

from tests.conformance.seen import Expected, Seen


def _one(seen: Seen) -> bool:
    """Whether no more than one request was found in what was one."""
    return sum(answer.status >= 200 for answer in seen.answers) <= 1


def _refused(seen: Seen) -> bool:
    return _one(seen) and (seen.status == 400 or (seen.status == 0 and seen.closed))


REFUSED = Expected("400, or closed", _refused)
EXACTLY_400 = Expected("400", lambda seen: _one(seen) and seen.status == 400)
SUCCEEDS = Expected("2xx", lambda seen: 200 <= seen.status < 300)
REFUSED_OR_TAKEN = Expected(
    "400, closed, or 2xx", lambda seen: _refused(seen) or (_one(seen) and 200 <= seen.status < 300)
)
WAITS_OR_REFUSED = Expected("waits, 400, or closed", lambda seen: seen.status in (0, 400), may_wait=True)
NOT_SWITCHED = Expected("no 101", lambda seen: all(answer.status != 101 for answer in seen.answers) and seen.status > 0)
CLOSES = Expected("2xx, closed", lambda seen: 200 <= seen.status < 300 and seen.closed)
ONLY_REFUSED = Expected("400, closed; nothing after it", lambda seen: _refused(seen) and seen.closed)


def answered(*statuses: int) -> Expected:
    """One of these."""
    return Expected(" or ".join(map(str, statuses)), lambda seen: _one(seen) and seen.status in statuses)


def refused_or(*statuses: int) -> Expected:
    """Refused, or one of these."""
    words = " or ".join(("400", *map(str, statuses)))
    return Expected(f"{words}, or closed", lambda seen: _refused(seen) or (_one(seen) and seen.status in statuses))


def echoes(body: bytes) -> Expected:
    """The upstream got exactly this body."""
    return Expected(
        f"2xx, the upstream got {body!r}", lambda seen: 200 <= seen.status < 300 and seen.first.body == body
    )


def has(status: int, name: str) -> Expected:
    """This status with a field of this name."""
    return Expected(f"{status} with {name}", lambda seen: seen.status == status and name.lower() in seen.first.fields)


def answers(count: int) -> Expected:
    """As many answers, all successful."""
    return Expected(
        f"{count} times 2xx",
        lambda seen: [200 <= answer.status < 300 for answer in seen.answers] == [True] * count,
    )
