"""The generic cell rate algorithm, twice with the same arithmetic: as a script inside Redis, and in this process.

A key's state is one number, its theoretical arrival time: when all that was granted so far would have been due at an
even rate. A request is granted while that time stays less than the burst's tolerance ahead of now. Several limits are
taken together: all or none.
"""

import math
from dataclasses import dataclass
from functools import cached_property

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local arrivals, waits, granted = {}, {}, tonumber(ARGV[1])
for i = 1, #KEYS do
  local interval, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now)
  arrival = math.min(arrival, now + tolerance)
  arrivals[i] = arrival
  waits[i] = math.max(0, arrival + interval - tolerance - now)
  local left = math.floor((tolerance - (arrival - now)) / interval)
  if left < 4 * granted then granted = math.max(math.floor(left / 4), math.min(left, 1)) end
end
local answer = {granted}
for i = 1, #KEYS do
  local interval, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if granted > 0 then
    arrivals[i] = arrivals[i] + granted * interval
    redis.call('SET', KEYS[i], string.format('%.0f', arrivals[i]), 'PX', math.ceil((arrivals[i] - now) / 1000))
  end
  answer[#answer + 1] = math.floor((tolerance - (arrivals[i] - now)) / interval)
  answer[#answer + 1] = arrivals[i] - now
  answer[#answer + 1] = waits[i]
end
return answer
"""
"""KEYS: one per limit. ARGV: how many requests are wanted, then interval and tolerance of each limit, in microseconds.
Answers how many are granted: never more than a quarter of what is left, unless that is less than one, so that several
gateways which take some ahead leave each other enough. Then for each limit: how many more are granted now, after how
many microseconds it is as new, and how many to wait if refused."""

GIVE_BACK = """
local arrival = tonumber(redis.call('GET', KEYS[1]) or 0)
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
arrival = arrival - tonumber(ARGV[1])
if arrival > now then
  redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000))
else
  redis.call('DEL', KEYS[1])
end
"""
"""KEYS: a limit. ARGV: the microseconds that requests taken ahead, and not used, had been counted as."""

_MOST_KEYS = 50_000
_FEW_KEYS = 1_000


@dataclass(frozen=True)
class Rate:
    """`quota` requests in `window` seconds at an even rate, `burst` of them at once."""

    quota: int
    burst: int
    window: int = 60

    @cached_property
    def interval(self) -> int:
        """Microseconds between two requests at the even rate."""
        return max(1, self.window * 1_000_000 // self.quota)

    @cached_property
    def tolerance(self) -> int:
        """How far ahead, in microseconds, the burst may run."""
        return self.interval * self.burst


class LocalBuckets:
    """The same inside this process, for as long as Redis is away. Holds at most some 50,000 keys.

    It is also told what Redis granted to this process, so that one which loses Redis again and again grants no more
    than the quota in all, and not a new burst each time.
    """

    def __init__(self) -> None:
        self._arrivals: dict[str, float] = {}
        self._tidy_at = _FEW_KEYS

    def take(self, keys: list[str], rates: list[Rate], now_seconds: float) -> list[int]:
        """What the script answers; `now_seconds` comes from a clock that never goes back."""
        now = now_seconds * 1_000_000
        arrivals = [max(self._arrivals.get(key, now), now) for key in keys]
        waits = [max(0.0, a + r.interval - r.tolerance - now) for a, r in zip(arrivals, rates, strict=True)]
        granted = not any(waits)
        answer = [int(granted)]
        for key, rate, before, wait in zip(keys, rates, arrivals, waits, strict=True):
            arrival = before
            if granted:
                arrival += rate.interval
                self._arrivals[key] = arrival
            answer += [
                math.floor((rate.tolerance - (arrival - now)) / rate.interval),
                math.ceil(arrival - now),
                math.ceil(wait),
            ]
        self._tidy(now)
        return answer

    def granted(self, key: str, rate: Rate, requests: int, now_seconds: float) -> None:
        """Redis granted so many requests to this process; less than none: they were given back."""
        now = now_seconds * 1_000_000
        self._arrivals[key] = max(self._arrivals.get(key, now), now) + requests * rate.interval
        self._tidy(now)

    def _tidy(self, now: float) -> None:
        """Now and then drop those who have their full quota anyway; then those nearest to it."""
        if len(self._arrivals) <= self._tidy_at:
            return
        current = sorted(((a, k) for k, a in self._arrivals.items() if a > now), reverse=True)
        self._arrivals = {key: arrival for arrival, key in current[: _MOST_KEYS // 2]}
        self._tidy_at = max(_FEW_KEYS, 2 * len(self._arrivals))
