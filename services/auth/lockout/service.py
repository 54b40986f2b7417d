"""Counts attempts in Redis, for all replicas; in this process alone while Redis is away."""

import time
from collections import OrderedDict
from collections.abc import Callable

from redis.asyncio import Redis

from services.auth.lockout.domain import (
    FIRST_DELAY,
    MOST_DOUBLINGS,
    PARALLEL,
    PLATFORM,
    STRICT_FROM,
    Attempt,
    Rule,
    Score,
)
from shared.cache import AWAY
from shared.errors import TooManyRequests
from shared.log import get_logger

TOO_MANY = "Too many attempts to sign in failed. Try again later."
PREFIX = "lockout:"
_KEEP_HALF_LIVES = 8
_MOST_LOCAL = 20_000
_log = get_logger(__name__)

# Every score is looked at before any is changed. All arithmetic is that of `Score`, which a test holds it against.
# KEYS: the scores; ARGV: now, by how much, whether a wait refuses, how many are spare; then free, strict, longest and
# half-life of each.
_CHANGE = f"""
local now, by, spare = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local found, untils, wait, strict = {{}}, {{}}, 0, false
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'value', 'at', 'until')
  local half = tonumber(ARGV[4 * i + 4])
  found[i] = tonumber(kept[1] or '0') * 0.5 ^ (math.max(0, now - tonumber(kept[2] or '0')) / half)
  untils[i] = tonumber(kept[3] or '0')
  wait = math.max(wait, untils[i] - now)
  if string.sub(key, -8) == 'platform' and found[i] >= {STRICT_FROM} then strict = true end
end
if wait > 0 and ARGV[3] == '1' then return tostring(wait) end
for i, key in ipairs(KEYS) do
  local at = 4 * i + 1
  local value = math.max(0, found[i] + by)
  local over, till = value - tonumber(ARGV[strict and at + 1 or at]), untils[i]
  if by < 0 then
    if over <= 0 then till = 0 end
  elseif over > spare then
    till = math.max(till, now + math.min(tonumber(ARGV[at + 2]), {FIRST_DELAY} * 2 ^ math.min(over, {MOST_DOUBLINGS})))
  end
  redis.call('HSET', key, 'value', string.format('%.6f', value), 'at', ARGV[1], 'until', string.format('%.6f', till))
  redis.call('EXPIRE', key, math.ceil(tonumber(ARGV[at + 3]) * {_KEEP_HALF_LIVES}))
end
return '0'
"""


class Lockout:
    """`begin` before a secret is checked; then `failed` or `succeeded`.

    What was begun counts at once, so that nobody tries thousands at the same time. `clock` gives Unix seconds.
    """

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.time) -> None:
        self._change = redis.register_script(_CHANGE)
        self._redis = redis
        self._clock = clock
        self._local: OrderedDict[str, Score] = OrderedDict()

    async def begin(self, attempt: Attempt) -> None:
        """Count an attempt; raises TooManyRequests with the time to wait, and then counts nothing."""
        wait = await self._changed(attempt, 1, check=True, spare=PARALLEL)
        if wait > 0:
            raise TooManyRequests(TOO_MANY, retry_after=wait)

    async def failed(self, attempt: Attempt) -> None:
        """What was begun was wrong: the next attempt may have to wait."""
        await self._changed(attempt, 0)

    async def succeeded(self, attempt: Attempt) -> None:
        """What was begun was right, or was not tried at all: it does not count."""
        await self._changed(attempt, -1)

    async def forgive(self, account: str) -> None:
        """Forget the failures of an account whose owner has shown who they are otherwise."""
        name = f"account:{account}"
        self._local.pop(name, None)
        try:
            await self._redis.delete(PREFIX + name)
        except AWAY:
            return  # it fades by itself

    async def _changed(self, attempt: Attempt, by: int, *, check: bool = False, spare: int = 0) -> float:
        now, scores = self._clock(), attempt.scores()
        rules = [str(value) for _, rule in scores for value in (rule.free, rule.strict, rule.longest, rule.half_life)]
        arguments = [f"{now:.6f}", str(by), str(int(check)), str(spare), *rules]
        try:
            return float(await self._change(keys=[PREFIX + name for name, _ in scores], args=arguments))
        except AWAY as error:
            _log.warning("lockout_counts_here", error=type(error).__name__)
            return self._changed_here(scores, now, by, check=check, spare=spare)

    def _changed_here(
        self, scores: tuple[tuple[str, Rule], ...], now: float, by: int, *, check: bool, spare: int
    ) -> float:
        found = [(name, rule, self._local.get(name, Score())) for name, rule in scores]
        wait = max(score.wait(now) for _, _, score in found)
        if wait > 0 and check:
            return wait
        strict = any(rule is PLATFORM and score.now(rule, now) >= STRICT_FROM for _, rule, score in found)
        for name, rule, score in found:
            self._local[name] = score.changed(rule, now, by, spare=spare, strict=strict)
            self._local.move_to_end(name)
        while len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)
        return 0.0
