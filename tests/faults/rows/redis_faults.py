"""Redis killed, paused and slow; quotas over two gateway processes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.launch import running
from infra.local.probes import ask
from infra.local.valkey import ValkeyServer
from tests.faults.fault_proxy import FaultProxy
from tests.faults.processes_under_test import Started, free_port
from tests.faults.promises import Options, Row, Seen
from tests.faults.steady_client import Ask, SteadyClient

_READ = "/api/v1/kinds"
_PER_MINUTE, _BURST = 300, 40
_LIMITS: dict[str, object] = {
    "rate_limit_anonymous_per_minute": _PER_MINUTE,
    "rate_limit_anonymous_burst": _BURST,
    "trusted_proxies": "127.0.0.0/8",
}
_HURRIED = 40.0  # requests a second of a client that asks for eight times its quota
_LOCAL_SECONDS, _RECOVERY_SECONDS = 1.0, 5.0


def _many(number: int) -> Ask:
    """Readers of many addresses, each within its quota."""
    return Ask("GET", _READ, headers=(("X-Forwarded-For", f"10.0.{number % 250}.1"),), expect=b"x")


def _one(_: int) -> Ask:
    """A reader that asks for more than its quota."""
    return Ask("GET", _READ, headers=(("X-Forwarded-For", "10.9.9.9"),), expect=b"x")


@dataclass(slots=True)
class _Redis:
    """A Valkey behind a fault proxy; it can be killed and started anew."""

    server: ValkeyServer
    log: Path
    proxy: FaultProxy
    process: subprocess.Popen[bytes]
    stack: contextlib.ExitStack

    @property
    def proxied_url(self) -> str:
        return self.server.url().replace(f":{self.server.port}/", f":{self.proxy.port}/")

    async def kill(self) -> None:
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def start(self) -> None:
        self.process = await asyncio.to_thread(self.stack.enter_context, running(self.server, self.log))

    async def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    async def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def slow(self) -> None:
        self.proxy.delay = 0.5

    async def fast(self) -> None:
        self.proxy.delay = 0.0


@contextlib.asynccontextmanager
async def _redis(options: Options) -> AsyncIterator[_Redis]:
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    server = ValkeyServer.locate(folder / "valkey", free_port(), "faults-password")
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(running(server, folder / "valkey.log"))
        async with FaultProxy(server.port).running() as proxy:
            found = _Redis(server, folder / "valkey.log", proxy, process, stack)
            try:
                yield found
            finally:
                if found.process.poll() is None:
                    found.process.send_signal(signal.SIGCONT)


def _redis_row(
    hurt: Callable[[_Redis], Awaitable[None]], heal: Callable[[_Redis], Awaitable[None]], *, proxied: bool = False
) -> Callable[[Options], Coroutine[Any, Any, Seen]]:
    async def run(options: Options) -> Seen:
        seen = Seen()
        async with (
            _redis(options) as redis,
            options.workshop.upstream() as upstream,
            options.workshop.gateway(
                upstream.base, redis_url=redis.proxied_url if proxied else redis.server.url(), **_LIMITS
            ) as gateway,
        ):
            loop = asyncio.get_running_loop()
            readers = SteadyClient(gateway.base, _many, rate=options.rate)
            hurried = SteadyClient(gateway.base, _one, rate=_HURRIED)
            async with readers.running() as tally, hurried.running() as excess:
                await asyncio.sleep(3)
                hurt_at = loop.time()
                await hurt(redis)
                await asyncio.sleep(max(4.0, options.seconds / 2))
                healed_at = loop.time()
                await heal(redis)
                recovered = await _until_redis_counts(gateway)
                await asyncio.sleep(2)
        during = tally.since(hurt_at, healed_at)
        settled = tally.since(hurt_at + _LOCAL_SECONDS, healed_at)
        limited = excess.since(hurt_at + _LOCAL_SECONDS, healed_at)
        seconds = healed_at - hurt_at
        granted = excess.since(hurt_at, healed_at).kinds["200"]
        allowed = _BURST + seconds * _PER_MINUTE / 60
        seen.note(f"readers {tally.words()}; while it was away {during.words()}, slowest {during.slowest:.0f} ms, "
                  f"p99 after {_LOCAL_SECONDS:g} s {settled.at(0.99):.0f} ms")  # fmt: skip
        seen.note(f"a client with eight times its quota meanwhile: {granted} granted of {allowed:.0f} "
                  f"({limited.kinds['429']} x 429); recovered after {recovered:.1f} s")  # fmt: skip
        seen.require(not tally.failed(), f"{tally.failed()} public reads failed: {tally.words()}")
        seen.require(not excess.failed(), f"hurried client: {excess.words()}")
        seen.require(settled.slowest < 250, f"a read took {settled.slowest:.0f} ms when limits should be local")
        seen.require(limited.kinds["429"] > 0, "nobody was limited while it was away")
        seen.require(granted <= allowed + 1, f"{granted} granted while it was away, more than a quota of {allowed:.0f}")
        seen.require(recovered <= _RECOVERY_SECONDS, f"recovery took {recovered:.1f} s")
        return seen

    return run


async def _until_redis_counts(gateway: Started) -> float:
    """Seconds until the gateway counts in Redis again, and its health says so."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < 30:
        answer = await ask("127.0.0.1", gateway.port, "/health")
        entries = answer.document.get("checks", {}).get("redis:responseTime", [])
        # Slower than its budget is a warning on a busy machine, and no sign of being away.
        passes = bool(entries) and (entries[0]["status"] == "pass" or "slower than" in entries[0].get("output", ""))
        said = gateway.log.read_text()
        if passes and said.rfind('"redis_back"') > said.rfind('"redis_away"'):
            break
        await asyncio.sleep(0.05)
    return loop.time() - began


async def _quota_over_two_processes(options: Options) -> Seen:
    """Two gateway processes on one port and one Valkey; three clients ask for eight times their quota. Then Valkey is
    killed."""
    seen, clients = Seen(), ("10.9.9.1", "10.9.9.2", "10.9.9.3")

    def excess(number: int) -> Ask:
        return Ask("GET", _READ, headers=(("X-Forwarded-For", clients[number % 3]),), expect=b"x")

    async with (
        _redis(options) as redis,
        options.workshop.upstream() as upstream,
        options.workshop.gateway(upstream.base, redis_url=redis.server.url(), processes=2, **_LIMITS) as gateway,
    ):
        loop = asyncio.get_running_loop()
        began = loop.time()
        flapped = gateway.log.read_text().count('"redis_away"')  # in an earlier run, whose log is there, too
        # A new connection for each request, so that both processes serve each client.
        load = SteadyClient(gateway.base, excess, rate=3 * _HURRIED, keep=False)
        readers = SteadyClient(gateway.base, _many, rate=options.rate / 2, keep=False)
        async with load.running() as tally, readers.running() as reads:
            await asyncio.sleep(max(10.0, options.seconds))
            killed_at = loop.time()
            flaps = gateway.log.read_text().count('"redis_away"') - flapped
            await redis.kill()
            await asyncio.sleep(max(5.0, options.seconds / 3))
            ended = loop.time()
    before, after = tally.since(began, killed_at), tally.since(killed_at)
    allowed = _BURST + (killed_at - began) * _PER_MINUTE / 60
    granted = {name: sum(o.status == 200 for o in before.outcomes if o.ask.headers[0][1] == name) for name in clients}
    allowed_locally = 2 * (_BURST + (ended - killed_at) * _PER_MINUTE / 60)
    granted_locally = max(
        sum(o.status == 200 for o in after.outcomes if o.ask.headers[0][1] == name) for name in clients
    )
    # A process that has no answer in time counts by itself, up to a quota of its own, what Valkey granted included.
    most = allowed + 1 if not flaps else 2 * allowed + 2
    seen.note(f"Valkey counted as away {flaps} times in two processes before it was killed")
    seen.note(f"{killed_at - began:.0f} s with Valkey: quota {allowed:.0f} a client, granted {list(granted.values())}")
    seen.note(f"{ended - killed_at:.0f} s without: at most {granted_locally} granted of two local quotas "
              f"{allowed_locally:.0f}, {after.kinds['429']} x 429; other readers {reads.words()}")  # fmt: skip
    seen.require(max(granted.values()) <= most, f"more than the limit was granted: {granted}")
    seen.require(min(granted.values()) >= 0.8 * allowed, f"much less than the limit was granted: {granted}")
    seen.require(not tally.failed() and not reads.failed(), f"failures: {tally.words()}; {reads.words()}")
    seen.require(after.kinds["429"] > 0, "limiting stopped when Valkey was killed")
    seen.require(granted_locally <= allowed_locally + 2, "more than two local quotas were granted")
    return seen


_PROMISE = "no 5xx on public reads; limiter local within 1 s; recovery ≤ 5 s"
ROWS = (
    Row("redis-killed", "Redis killed", _PROMISE, _redis_row(_Redis.kill, _Redis.start)),
    Row("redis-paused", "Redis paused", _PROMISE, _redis_row(_Redis.pause, _Redis.go_on)),
    Row("redis-slow", "Redis +500 ms", _PROMISE, _redis_row(_Redis.slow, _Redis.fast, proxied=True)),
    Row(
        "quota-of-two",
        "Two gateway processes, one Valkey, excess load; then Valkey killed",
        "nobody gets more than the limit; no 5xx, limiting goes on locally",
        _quota_over_two_processes,
    ),
)
