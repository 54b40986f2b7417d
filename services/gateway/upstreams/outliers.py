"""Which replicas are ejected for their answers: those that fail while the others do not, for a time that grows."""

import random
from collections.abc import Collection
from dataclasses import dataclass

from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.replica import Replica

_LEAST_FAILURES = 3
_WORSE_THAN_OTHERS = 2.0  # an outlier fails at least this many times as often as the best of the others
_TRIALS = 3


@dataclass(frozen=True, slots=True)
class EjectionRules:
    """When a replica is ejected, and for how long; times are in seconds."""

    window: float = 3.0
    """How far back answers count."""
    least_requests: int = 5
    ratio: float = 0.2
    """Share of failures among the answers of the window."""
    in_a_row: int = 5
    """As many failures one after another are enough without the share."""
    seconds: float = 5.0
    most_seconds: float = 60.0

    @classmethod
    def of(cls, settings: GatewaySettings) -> "EjectionRules":
        """What the operator wants."""
        return cls(
            settings.upstream_window_seconds,
            settings.upstream_window_requests,
            settings.upstream_failure_ratio,
            settings.upstream_failures_in_a_row,
            settings.upstream_ejection_seconds,
            max(settings.upstream_ejection_seconds, settings.upstream_ejection_most_seconds),
        )


class Outliers:
    """The judge of one service's replicas. Times that are passed in are of the loop's clock."""

    def __init__(self, rules: EjectionRules) -> None:
        self._rules = rules
        self._next_shift = 0.0
        self.ejections = 0
        """How many there were."""

    def judge(self, replica: Replica, everyone: Collection[Replica], now: float) -> bool:
        """Called after a failure of `replica`; whether it is now ejected.

        A fault that all replicas have (a database that is away, an address that always fails) ejects none: there is
        no better replica. Nor is one ejected when then more than half of them were out of use.
        """
        if replica.trial_since:
            self._eject(replica, now)
            return True
        if replica.ejected_until or not self._fails_often(replica):
            return False
        others = [other for other in everyone if other is not replica]
        if self._best_share(others) * _WORSE_THAN_OTHERS > self._share(replica):
            return False
        if 1 + sum(not other.is_in_use for other in others) > len(everyone) // 2:
            return False
        self._eject(replica, now)
        return True

    def passed(self, replica: Replica) -> bool:
        """Called after a success on trial; whether it is back."""
        replica.trials += 1
        if replica.trials < _TRIALS:
            return False
        self._return(replica)
        return True

    def tick(self, everyone: Collection[Replica], now: float) -> bool:
        """What the passing of time does; to be called several times a window. Whether any replica changed its state."""
        changed = False
        for replica in everyone:
            if replica.ejected_until and replica.ejected_until <= now:
                replica.ejected_until, replica.trial_since, replica.trials = 0.0, now, 0
                changed = True
            elif replica.trial_since and replica.trial_since + self._rules.seconds <= now:
                self._return(replica)  # nothing came that could be tried on it
                changed = True
            elif replica.ejections and not replica.ejected_until and replica.forgive_at <= now:
                replica.ejections = 0
        if self._next_shift <= now:
            self._next_shift = now + self._rules.window / 2
            for replica in everyone:
                replica.earlier_good, replica.earlier_bad = replica.good, replica.bad
                replica.good = replica.bad = 0
        return changed

    def _fails_often(self, replica: Replica) -> bool:
        if replica.in_a_row >= self._rules.in_a_row:
            return True
        bad = replica.bad + replica.earlier_bad
        total = bad + replica.good + replica.earlier_good
        return bad >= _LEAST_FAILURES and total >= self._rules.least_requests and bad >= self._rules.ratio * total

    def _share(self, replica: Replica) -> float:
        """The share of failures that the others are compared with."""
        if replica.in_a_row >= self._rules.in_a_row:
            return 1.0
        bad = replica.bad + replica.earlier_bad
        return bad / (bad + replica.good + replica.earlier_good)

    def _best_share(self, others: Collection[Replica]) -> float:
        """The least share of failures that one of them has, among those with enough answers; else of all together."""
        counts = [(o.bad + o.earlier_bad, o.good + o.earlier_good) for o in others if o.is_in_use]
        shares = [bad / (bad + good) for bad, good in counts if bad + good >= self._rules.least_requests]
        if shares:
            return min(shares)
        bad, good = sum(bad for bad, _ in counts), sum(good for _, good in counts)
        return bad / max(1, bad + good)

    def _eject(self, replica: Replica, now: float) -> None:
        rules = self._rules
        seconds = min(rules.most_seconds, rules.seconds * 2.0**replica.ejections)
        seconds *= random.uniform(0.9, 1.1)  # noqa: S311 - spreads the returns, guards nothing
        replica.ejections = min(replica.ejections + 1, 16)
        replica.ejected_until, replica.trial_since = now + seconds, 0.0
        replica.forgive_at = now + seconds + rules.most_seconds
        self.ejections += 1

    def _return(self, replica: Replica) -> None:
        replica.trial_since = 0.0
        replica.forget_answers()
