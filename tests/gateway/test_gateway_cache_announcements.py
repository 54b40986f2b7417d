"""What is kept is asked for again as soon as its change is announced, and soon when nothing can be announced."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from multidict import CIMultiDict
from redis.asyncio import Redis

from shared.contracts.changes import ANY_TEXT, CHANNEL, COUNT_KEY, LISTENING_KEY, TAGS_HEADER, Changed, work_tag
from tests.gateway.cached import Reader, cached
from tests.gateway.conftest import RunGateway
from tests.waiting import until

ACT = work_tag("ca", "act", "A-1")
KEPT = ("CDN-Cache-Control", "public, max-age=3600, stale-while-revalidate=3600, stale-if-error=3600")


class Policy:
    """What a policy service says in Redis."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis

    async def listens(self) -> None:
        await self.redis.set(LISTENING_KEY, 1, px=60_000)

    async def announces(self, *tags: str, number: int = 1) -> None:
        await self.redis.set(COUNT_KEY, number)
        await self.redis.publish(CHANNEL, Changed(number=number, tags=tags).model_dump_json())


@contextlib.asynccontextmanager
async def hearing(run_gateway: RunGateway, redis_url: str, *tags: str) -> AsyncIterator[tuple[Reader, Policy]]:
    """A reader whose gateway hears of changes, before a service whose answers are made of `tags`."""
    fields = [KEPT, (TAGS_HEADER, ", ".join(tags)), ("ETag", '"1"')]
    async with Redis.from_url(redis_url) as redis, cached(run_gateway, *fields, redis_url=redis_url) as reader:
        policy = Policy(redis)
        await policy.listens()
        await shown(reader, "hears_changes 1.0")
        yield reader, policy


async def shown(reader: Reader, figure: str) -> None:
    """Return when the gateway's metrics show a figure of its cache."""

    async def is_shown() -> bool:
        async with reader.session.get(reader.base + "/metrics") as response:
            return f"gateway_cache_{figure}\n" in await response.text()

    await until(is_shown)


async def how(reader: Reader) -> str:
    """What the cache did with one more request."""
    status: str = (await reader.ask())[2]["Cache-Status"]
    return status.partition("; ttl")[0]


async def says(reader: Reader, word: str) -> bool:
    """Whether the cache says so of one more request."""
    return word in (await reader.ask())[2]["Cache-Status"]


@pytest.mark.parametrize(
    ("made_of", "changed", "is_asked"),
    [
        ((ACT,), (ACT,), True), ((ACT,), ("ca/act/b-2",), False), ((ACT,), (), False),
        ((ANY_TEXT,), ("ca/act/b-2",), True), ((ANY_TEXT,), (), True), ((ACT, "ca/act/b-2"), ("ca/act/b-2",), True),
    ],
)  # fmt: skip
async def test_an_announced_change(
    run_gateway: RunGateway, redis_url: str, made_of: tuple[str, ...], changed: tuple[str, ...], is_asked: bool
) -> None:
    async with hearing(run_gateway, redis_url, *made_of) as (reader, policy):
        assert [await how(reader) for _ in range(2)] == ["openpolicy; fwd=uri-miss; stored", "openpolicy; hit"]
        await policy.announces(*changed)
        await shown(reader, "invalidations_total 1.0")
        assert await how(reader) == ("openpolicy; fwd=stale; fwd-status=304" if is_asked else "openpolicy; hit")
        assert await how(reader) == "openpolicy; hit"


async def test_what_was_asked_for_before_a_change_is_not_taken_for_current(
    run_gateway: RunGateway, redis_url: str
) -> None:
    asked, changed = asyncio.Event(), asyncio.Event()

    async def slowly(request: web.Request) -> web.Response:
        asked.set()
        await changed.wait()
        return web.Response(text="of before", headers=CIMultiDict(fields))

    fields = [KEPT, (TAGS_HEADER, ACT)]
    async with hearing(run_gateway, redis_url, ACT) as (reader, policy):
        reader.service.handler = slowly
        first = asyncio.create_task(reader.ask())
        await asked.wait()
        await policy.announces(ACT)
        await shown(reader, "invalidations_total 1.0")
        changed.set()
        assert (await first)[1] == "of before"
        reader.service.handler = None
        assert (await reader.ask())[1] == "answer 2"


async def test_a_changed_text_is_not_shown_when_its_service_is_away(run_gateway: RunGateway, redis_url: str) -> None:
    async with hearing(run_gateway, redis_url, ACT) as (reader, policy):
        await reader.ask()
        reader.service.status, reader.service.fields = 503, ()
        assert (await reader.ask())[0] == 200
        await policy.announces(ACT)
        await shown(reader, "invalidations_total 1.0")
        assert (await reader.ask())[0] == 503


async def test_a_lost_message_is_noticed(run_gateway: RunGateway, redis_url: str) -> None:
    async with hearing(run_gateway, redis_url, ACT) as (reader, policy):
        await reader.ask()
        await policy.redis.set(COUNT_KEY, 7)
        await until(lambda: says(reader, "fwd=stale"))
        assert await how(reader) == "openpolicy; hit", "what was confirmed since then is current"


async def test_without_announcements_nothing_is_given_for_longer_than_a_second(
    run_gateway: RunGateway, redis_url: str
) -> None:
    async with hearing(run_gateway, redis_url, ACT) as (reader, policy):
        await reader.ask()
        await policy.redis.delete(LISTENING_KEY)
        await shown(reader, "hears_changes 0.0")
        await until(lambda: says(reader, "fwd=stale"))
        assert await how(reader) == "openpolicy; hit", "within the second"
        reader.service.status, reader.service.fields = 503, ()
        await until(lambda: says(reader, "detail=503"))
        status, text, headers = await reader.ask()
        assert (status, text) == (200, "answer 1"), "no change is known, so that it stands in"
        assert headers["Cache-Status"].endswith("detail=asked-already")


async def test_a_lost_subscription_is_made_anew(run_gateway: RunGateway, redis_url: str) -> None:
    async with hearing(run_gateway, redis_url, ACT) as (reader, policy):

        async def listeners() -> int:
            count: int = (await policy.redis.pubsub_numsub(CHANNEL))[0][1]
            return count

        await reader.ask()
        subscribed = await listeners()  # gateways of other tests may use this server as well
        await policy.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        await policy.announces(ACT)  # by message or by number
        await until(lambda: says(reader, "fwd=stale"))

        async def is_subscribed() -> bool:
            return await listeners() >= subscribed

        await until(is_subscribed)
        await shown(reader, "hears_changes 1.0")
        await reader.ask()
        await policy.announces(ACT, number=2)
        await until(lambda: says(reader, "fwd=stale"))
