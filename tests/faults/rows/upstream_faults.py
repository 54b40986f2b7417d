"""Upstreams that die, hang, or close what was kept."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter

from tests.faults.processes_under_test import Started
from tests.faults.promises import Options, Row, Seen
from tests.faults.steady_client import Ask, SteadyClient, Tally

_READ = "/api/v1/kinds"
_WRITE = "/api/v1/imports"


def executed(upstreams: list[Started]) -> Counter[str]:
    """How many times each mark was carried out."""
    return Counter(mark for upstream in upstreams for what, mark, _ in upstream.noted() if what == "done")


async def _killed_before_its_head(options: Options) -> Seen:
    """Two replicas; one is killed and started again every second while it holds requests back for 150 ms."""
    seen, workshop = Seen(), options.workshop

    def asks(number: int) -> Ask:
        method, path = ("POST", _WRITE) if number % 4 == 0 else ("GET", _READ)
        mark = f"m{number}"
        body = b"abc" if method == "POST" else b""
        return Ask(method, f"{path}?mark={mark}&wait=0.15", body, mark=mark, expect=b"x")

    journals = []
    kills = 0
    async with contextlib.AsyncExitStack() as stack:
        steady = await stack.enter_async_context(workshop.upstream("steady"))
        mortal = await stack.enter_async_context(workshop.upstream("mortal"))
        journals = [steady, mortal]
        gateway = await stack.enter_async_context(workshop.gateway(f"{steady.base},{mortal.base}"))
        client = SteadyClient(gateway.base, asks, rate=max(60.0, options.rate))
        async with client.running() as tally:
            for _ in range(max(3, int(options.seconds / 2))):
                await asyncio.sleep(1)
                mortal.kill()
                kills += 1
                await asyncio.sleep(0.5)
                mortal = await stack.enter_async_context(workshop.upstream("mortal", port=mortal.port))
    done = executed(journals)
    reads = tally.where(lambda o: o.ask.method == "GET")
    writes = tally.where(lambda o: o.ask.method == "POST")
    twice = [o.ask.mark for o in writes.outcomes if done[o.ask.mark] > 1]
    untrue = [o for o in writes.outcomes if o.status == 200 and done[o.ask.mark] != 1]
    seen.note(f"{kills} kills; GET {reads.words()}; POST {writes.words()}, {len(twice)} carried out twice")
    repeated = sum(done[o.ask.mark] > 1 for o in reads.outcomes)
    seen.note(f"{repeated} GET repeated elsewhere")
    seen.require(reads.kinds.keys() <= {"200"}, f"GET not all 200: {reads.words()}")
    seen.require(writes.kinds.keys() <= {"200", "502"}, f"POST other than 200 and 502: {writes.words()}")
    seen.require(not twice, f"{len(twice)} POST carried out twice")
    seen.require(not untrue, f"{len(untrue)} POST answered 200 that were not carried out once")
    seen.require(writes.kinds["502"] + repeated > 0, "no request was under way at any kill: nothing was shown")
    return seen


async def _killed_within_a_body(options: Options) -> Seen:
    """Long answers, slowly; the upstream is killed while they are under way."""
    seen, workshop = Seen(), options.workshop
    size = 400_000

    def asks(number: int) -> Ask:
        return Ask("GET", f"{_READ}?size={size}&pieces=20&over=0.5", expect=b"x")

    kills = 0
    async with contextlib.AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(workshop.upstream())
        gateway = await stack.enter_async_context(workshop.gateway(upstream.base))
        client = SteadyClient(gateway.base, asks, rate=min(options.rate, 20))
        async with client.running() as tally:
            for _ in range(max(3, int(options.seconds / 3))):
                await asyncio.sleep(1.2)
                upstream.kill()
                kills += 1
                await asyncio.sleep(0.2)
                upstream = await stack.enter_async_context(workshop.upstream(port=upstream.port))
        await asyncio.sleep(0.2)
        said = gateway.log.read_text()
    short = [o for o in tally.outcomes if o.status == 200 and o.received != size]
    seen.note(f"{kills} kills; {tally.words()}")
    seen.require(tally.kinds["cut"] > 0, "no answer was under way at any kill: nothing was shown")
    seen.require(not short, f"{len(short)} short answers that looked whole")
    seen.require(not tally.unasked, f"{tally.unasked} connections on which more came than an answer")
    allowed = {"200", "cut", "502", "503"}
    seen.require(tally.kinds.keys() <= allowed, f"something else than a cut was seen: {tally.words()}")
    seen.require("Traceback" not in said, "a traceback in the gateway's log")
    return seen


async def _closes_idle_connections(options: Options) -> Seen:
    """The upstream closes what was idle for 30 ms, which is about when the next request comes."""
    seen, workshop = Seen(), options.workshop

    marks = itertools.count()

    def asks(number: int) -> Ask:
        method, path, body = ("POST", _WRITE, b"abc") if number % 3 == 0 else ("GET", _READ, b"")
        mark = f"m{next(marks)}"
        return Ask(method, f"{path}?mark={mark}", body, mark=mark, expect=b"x")

    tally = Tally()
    async with workshop.upstream(idle=0.03) as upstream, workshop.gateway(upstream.base) as gateway:
        # Below, at and above the upstream's patience: the race is hit again and again.
        for rate in (20, 31, 33, 35, 50):
            client = SteadyClient(gateway.base, asks, rate=rate)
            async with client.running() as part:
                await asyncio.sleep(options.seconds / 5)
            tally.outcomes += part.outcomes
        done = executed([upstream])
    twice = [o for o in tally.outcomes if o.ask.method == "POST" and done[o.ask.mark] > 1]
    seen.note(tally.words())
    seen.require(tally.kinds.keys() <= {"200"}, f"not all 200: {tally.words()}")
    seen.require(not twice, "a POST was carried out again")
    return seen


async def _hangs(options: Options) -> Seen:
    """One route waits for an upstream that hangs; another is asked as before."""
    seen, workshop = Seen(), options.workshop
    deadline = 2.0

    def hanging(number: int) -> Ask:
        return Ask("GET", f"{_READ}?wait=600")

    def good(number: int) -> Ask:
        return Ask("GET", "/about", expect=b"x")

    async with contextlib.AsyncExitStack() as stack:
        ill = await stack.enter_async_context(workshop.upstream("ill"))
        well = await stack.enter_async_context(workshop.upstream("well"))
        gateway = await stack.enter_async_context(
            workshop.gateway(ill.base, web_url=well.base, upstream_response_seconds=deadline)
        )
        part = options.seconds / 2
        async with SteadyClient(gateway.base, good, rate=options.rate).running() as before:
            await asyncio.sleep(part)
        async with (
            SteadyClient(gateway.base, good, rate=options.rate).running() as during,
            SteadyClient(gateway.base, hanging, rate=20, patience=deadline + 3).running() as hung,
        ):
            await asyncio.sleep(part)
    seen.note(f"hanging: {hung.words()}, slowest {hung.slowest:.0f} ms of a deadline of {deadline * 1000:.0f}")
    seen.note(f"other route {during.words()}, p99 {before.at(0.99):.1f} ms before, {during.at(0.99):.1f} ms meanwhile")
    seen.require(hung.kinds.keys() <= {"504", "503"}, f"the hanging route: {hung.words()}")
    seen.require(hung.kinds["504"] > 0, "no 504 at all")
    seen.require(hung.slowest < 1000 * deadline + 500, "answered later than half a second after the deadline")
    seen.require(during.kinds.keys() <= {"200"}, f"the other route: {during.words()}")
    # What it may grow by is what two rounds without a fault differ by on a busy machine.
    allowed = max(before.at(0.99) + 20, 2 * before.at(0.99))
    seen.require(during.at(0.99) < allowed, f"the other route's p99 grew to more than {allowed:.0f} ms")
    return seen


async def _one_replica_fails(options: Options) -> Seen:
    """Three replicas, one of which answers every second request with 500."""
    seen, workshop = Seen(), options.workshop
    tally_of = {}
    for how in ("500", "cut"):
        async with contextlib.AsyncExitStack() as stack:
            well = [await stack.enter_async_context(workshop.upstream(f"{how}-{name}")) for name in "ab"]
            ill = await stack.enter_async_context(workshop.upstream(f"{how}-ill", fail_share=0.5, fail_how=how))
            addresses = ",".join(u.base for u in [*well, ill])
            gateway = await stack.enter_async_context(workshop.gateway(addresses, f"gateway-{how}"))
            loop = asyncio.get_running_loop()
            client = SteadyClient(gateway.base, lambda n: Ask("GET", f"{_READ}?n={n}"), rate=options.rate)
            async with client.running() as tally:
                began = loop.time()
                await asyncio.sleep(3)
                before = len(ill.noted())
                await asyncio.sleep(max(3, options.seconds / 2))
                after = len(ill.noted()) - before
            later = tally.since(began + 3)
            tally_of[how] = tally
            share = after / max(1, later.sent)
            seen.note(
                f"{how}: {tally.words()}; after 3 s {share:.1%} of the requests still went to it, "
                f"{later.failed()} of {later.sent} failed"
            )
            seen.require(share < 0.1, f"{how}: not ejected within 3 s, {share:.1%} of the requests reach it")
            failed = tally.failed() / max(1, tally.sent)
            seen.require(failed < 0.01, f"{how}: {failed:.2%} of the client's requests failed")
    return seen


ROWS = (
    Row(
        "killed-before-head",
        "Upstream killed before its headers",
        "idempotent: retried elsewhere; POST: 502, executed at most once",
        _killed_before_its_head,
    ),
    Row(
        "killed-in-body",
        "Upstream killed mid-body",
        "truncated and closed; never a second status line",
        _killed_within_a_body,
    ),
    Row(
        "idle-close",
        "Upstream closes an idle connection",
        "no client error, POST included",
        _closes_idle_connections,
    ),
    Row("hang", "Upstream hangs", "504 at the deadline; other routes' p99 unchanged", _hangs),
    Row(
        "half-fail",
        "Half the answers of one replica fail",
        "ejected within 3 s; client errors < 1 %",
        _one_replica_fails,
    ),
)
