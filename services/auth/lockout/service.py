"""Counts attempts in Redis, for all replicas; in this process alone while Redis is away."""

import time
from collections import OrderedDict
from collections.abc import Callable

from redis.asyncio import Redis

from services.auth.lockout.domain import (
    FIRST_DELAY,
    MOST_DOUBLINGS,
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

# Every score is looked at before any is counted. All arithmetic is that of `Score`, which a test holds it against.
# KEYS: the scores; ARGV: now, whether to count in spite of a wait, then free, strict, longest, half-life of each.
_COUNT = f"""
local now, force = tonumber(ARGV[1]), ARGV[2] == '1'
local found, wait, strict = {{}}, 0, false
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'value', 'at', 'until')
  local half = tonumber(ARGV[2 + 4 * i])
  local value = tonumber(kept[1] or '0') * 0.5 ^ (math.max(0, now - tonumber(kept[2] or '0')) / half)
  found[i] = value
  wait = math.max(wait, tonumber(kept[3] or '0') - now)
  if string.sub(key, -8) == 'platform' and value >= {STRICT_FROM} then strict = true end
end
if wait > 0 and not force then return tostring(wait) end
for i, key in ipairs(KEYS) do
  local at = 4 * i - 1
  local free = tonumber(ARGV[strict and at + 1 or at])
  local value, over = found[i] + 1, found[i] + 1 - free
  local delay = 0
  if over > 0 then delay = math.min(tonumber(ARGV[at + 2]), {FIRST_DELAY} * 2 ^ math.min(over, {MOST_DOUBLINGS})) end
  redis.call('HSET', key, 'value', string.format('%.6f', value), 'at', ARGV[1],
    'until', string.format('%.6f', now + delay))
  redis.call('EXPIRE', key, math.ceil(tonumber(ARGV[at + 3]) * {_KEEP_HALF_LIVES}))
end
return '0'
"""
_GIVE_BACK = """
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'value', 'at')
  if kept[1] then
    local half = tonumber(ARGV[2 + 4 * i])
    local value = tonumber(kept[1]) * 0.5 ^ (math.max(0, now - tonumber(kept[2])) / half) - 1
    redis.call('HSET', key, 'value', string.format('%.6f', math.max(0, value)), 'at', ARGV[1], 'until', '0')
  end
end
return 1
"""


class Lockout:
    """`begin` before a secret is checked and `succeeded` when it was right; what was begun and did not succeed counts.

    So attempts that run at the same time count as well. `clock` gives Unix seconds.
    """

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.time) -> None:
        self._count = redis.register_script(_COUNT)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._redis = redis
        self._clock = clock
        self._local: OrderedDict[str, Score] = OrderedDict()

    async def begin(self, attempt: Attempt) -> None:
        """Count an attempt; raises TooManyRequests with the time to wait, and then counts nothing."""
        wait = await self._counted(attempt, force=False)
        if wait > 0:
            raise TooManyRequests(TOO_MANY, retry_after=wait)

    async def failed(self, attempt: Attempt) -> None:
        """Count a failure that was not begun."""
        await self._counted(attempt, force=True)

    async def succeeded(self, attempt: Attempt) -> None:
        """Take back what `begin` counted."""
        now, scores = self._clock(), attempt.scores()
        try:
            await self._give_back(keys=[PREFIX + name for name, _ in scores], args=_arguments(now, "0", scores))
        except AWAY:
            for name, rule in scores:
                if name in self._local:
                    self._local[name] = self._local[name].given_back(rule, now)

    async def forgive(self, account: str) -> None:
        """Forget the failures of an account whose owner has shown who they are otherwise."""
        name = f"account:{account}"
        self._local.pop(name, None)
        try:
            await self._redis.delete(PREFIX + name)
        except AWAY:
            return  # it fades by itself

    async def _counted(self, attempt: Attempt, *, force: bool) -> float:
        now, scores = self._clock(), attempt.scores()
        try:
            keys = [PREFIX + name for name, _ in scores]
            answer = await self._count(keys=keys, args=_arguments(now, "1" if force else "0", scores))
            return float(answer)
        except AWAY as error:
            _log.warning("lockout_counts_here", error=type(error).__name__)
            return self._counted_here(scores, now, force=force)

    def _counted_here(self, scores: tuple[tuple[str, Rule], ...], now: float, *, force: bool) -> float:
        found = [(name, rule, self._local.get(name, Score())) for name, rule in scores]
        wait = max(score.wait(now) for _, _, score in found)
        if wait > 0 and not force:
            return wait
        strict = any(rule is PLATFORM and score.now(rule, now) >= STRICT_FROM for _, rule, score in found)
        for name, rule, score in found:
            self._local[name] = score.counted(rule, now, strict=strict)
            self._local.move_to_end(name)
        while len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)
        return 0.0


def _arguments(now: float, force: str, scores: tuple[tuple[str, Rule], ...]) -> list[str]:
    rules = [str(value) for _, rule in scores for value in (rule.free, rule.strict, rule.longest, rule.half_life)]
    return [f"{now:.6f}", force, *rules]
