"""One component of the platform that is asked for its health again and again, and what it said."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from services.gateway.problems import is_our_own
from shared.health import Status

_SOON, _NORMAL, _RARE = 1.0, 5.0, 30.0  # seconds between probes: while something changes, when all is well, for long
_STEADY_AFTER, _RARE_AFTER = 3, 24  # good probes in a row
_FALL, _RISE = 3, 2


class Refused(Exception):
    """Nobody listens there: no need to ask twice."""


@dataclass(slots=True, eq=False)
class Probed:
    """One component that is asked again and again. `probe` returns the component's own health document, if it has one,
    and raises Refused or anything else when it does not answer."""

    name: str
    component_type: str
    component_id: str
    budget_ms: float
    probe: Callable[[], Awaitable[dict[str, Any]]]
    loss: Status
    """What its loss means for the platform."""
    until_lost: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Returns when it may have ended, so that it is asked at once."""
    status: Status = Status.WARN
    output: str = "not probed yet"
    observed_ms: float = 0.0
    observed_at: float = field(default_factory=time.time)
    document: dict[str, Any] = field(default_factory=dict)
    good: int = 0
    bad: int = 0
    is_down: bool = True
    says_ready: bool = True
    probed_at: float = 0.0
    """Monotonic."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by who wants to know how it is now."""

    @property
    def is_able(self) -> bool:
        """Whether it should get traffic, as far as its own word goes."""
        return self.says_ready and not self.is_down

    def entry(self) -> dict[str, Any]:
        """Its element of `checks`."""
        return make_entry(
            self.component_id, self.component_type, self.status, self.observed_ms, self.observed_at, self.output
        )

    def record(self, milliseconds: float, document: dict[str, Any]) -> None:
        """It answered."""
        self.observed_ms, self.observed_at = milliseconds, time.time()
        self.good, self.bad = self.good + 1, 0
        self.document = document
        self.says_ready = document.get("ready") is not False
        if self.is_down and self.good < _RISE and self.output != "not probed yet":
            return
        self.is_down = False
        self.status, self.output = reported(document)
        if self.status is Status.PASS and milliseconds > self.budget_ms:
            self.status = Status.WARN
            self.output = f"slower than its budget of {self.budget_ms:g} ms"

    def record_failure(self, milliseconds: float, error: Exception) -> None:
        """It did not."""
        self.observed_ms, self.observed_at = milliseconds, time.time()
        self.bad, self.good = self.bad + 1, 0
        if self.is_down or isinstance(error, Refused) or self.bad >= _FALL:
            self.is_down = True
            self.status = self.loss
            self.document = {}
        elif self.status is Status.PASS:
            self.status = Status.WARN
        self.output = f"{type(error).__name__} on the last {self.bad} probes"

    def pause(self) -> float:
        """Seconds until the next probe."""
        seconds = _SOON
        if self.status is Status.PASS and self.good >= _STEADY_AFTER:
            seconds = min(_RARE, _NORMAL + max(0, self.good - _RARE_AFTER))
        return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads probes, guards nothing


def service_probe(session: aiohttp.ClientSession, base_url: str) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Asks a service for its `/health`."""

    async def probe() -> dict[str, Any]:
        try:
            async with session.get(base_url.rstrip("/") + "/health") as response:
                document = await response.json(content_type=None)
        except aiohttp.ClientConnectorError as error:
            if is_our_own(error):
                raise
            raise Refused from error
        if not isinstance(document, dict) or document.get("status") not in ("pass", "warn", "fail"):
            raise ValueError("not a health document")
        return document

    return probe


def reported(document: dict[str, Any]) -> tuple[Status, str]:
    """What a component says of itself, and of which part."""
    status = Status(document.get("status", "pass"))
    if status is Status.PASS:
        return status, ""
    checks = document.get("checks")
    ill = [
        name.partition(":")[0]
        for name in (checks if isinstance(checks, dict) else {})
        if any(entry["status"] != "pass" for entry in entries(document, name))
    ]
    return status, f"reports {status.value}: {', '.join(ill) or 'itself'}"


def entries(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    checks = document.get("checks")
    entries = checks.get(name) if isinstance(checks, dict) else None
    known = {status.value for status in Status}
    return [e for e in entries if isinstance(e, dict) and e.get("status") in known] if isinstance(entries, list) else []


def make_entry(
    component_id: str, component_type: str, status: Status, milliseconds: float, at: float, output: str
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "componentId": component_id,
        "componentType": component_type,
        "status": status.value,
        "observedValue": round(milliseconds, 2),
        "observedUnit": "ms",
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
    }
    if output:
        entry["output"] = output
    return entry
