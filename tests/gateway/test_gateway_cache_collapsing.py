"""Requests for the same thing at the same time become one, and nobody suffers from it."""

import asyncio

from aiohttp import web

from tests.gateway.cached import Reader, cached
from tests.gateway.conftest import RunGateway
from tests.waiting import until

HOUR = {"Cache-Control": "max-age=3600"}


class Slow:
    """Answers when told to."""

    def __init__(self, reader: Reader, **fields: str) -> None:
        self.arrived = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()
        self.asked = 0
        self._fields = fields or HOUR
        self._reader = reader
        reader.service.handler = self.answer

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        number = self.asked
        self.arrived.release()
        await self.go_on.wait()
        return web.Response(text=f"answer {number}", headers=self._fields)

    async def waiting(self, count: int) -> None:
        """Return when so many requests wait for the answer to another one."""

        async def do_wait() -> bool:
            async with self._reader.session.get(self._reader.base + "/metrics") as response:
                return f"gateway_cache_collapsed_total {count}.0\n" in await response.text()

        await until(do_wait)


async def test_one_question_for_all(run_gateway: RunGateway) -> None:
    async with cached(run_gateway) as reader:
        slow = Slow(reader)
        asking = [asyncio.create_task(reader.ask()) for _ in range(10)]
        await slow.waiting(9)
        slow.go_on.set()
        answers = await asyncio.gather(*asking)
        assert {text for _, text, _ in answers} == {"answer 1"}
        assert slow.asked == 1
        assert sorted(headers["Cache-Status"].partition("; ")[2] for _, _, headers in answers) == [
            "fwd=uri-miss; stored", *["hit; collapsed"] * 9,
        ]  # fmt: skip


async def test_a_stale_answer_is_confirmed_once_for_all(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "max-age=3600"), ("Age", "7200"), ("ETag", '"1"')) as reader:
        await reader.ask()
        slow = Slow(reader)
        asking = [asyncio.create_task(reader.ask()) for _ in range(5)]
        await slow.waiting(4)
        slow.go_on.set()
        assert {text for _, text, _ in await asyncio.gather(*asking)} == {"answer 1"}
        assert slow.asked == 1


async def test_an_answer_for_one_alone_is_not_shared(run_gateway: RunGateway) -> None:
    async with cached(run_gateway) as reader:
        slow = Slow(reader, **{"Cache-Control": "private, max-age=3600"})
        asking = [asyncio.create_task(reader.ask()) for _ in range(4)]
        await slow.waiting(3)
        slow.go_on.set()
        assert {text for _, text, _ in await asyncio.gather(*asking)} == {f"answer {n}" for n in range(1, 5)}
        slow.go_on.clear()
        again = [asyncio.create_task(reader.ask()) for _ in range(4)]
        for _ in range(8):
            await slow.arrived.acquire()
        slow.go_on.set()
        assert len({text for _, text, _ in await asyncio.gather(*again)}) == 4, "and now nobody waits for it"


async def test_those_with_a_cookie_wait_for_nobody(run_gateway: RunGateway) -> None:
    async with cached(run_gateway) as reader:
        slow = Slow(reader)
        asking = [asyncio.create_task(reader.ask(Cookie=f"sid={number}")) for number in range(3)]
        for _ in range(3):
            await slow.arrived.acquire()
        slow.go_on.set()
        assert {text for _, text, _ in await asyncio.gather(*asking)} == {"answer 1", "answer 2", "answer 3"}


async def test_who_leaves_takes_nobody_along(run_gateway: RunGateway) -> None:
    async with cached(run_gateway) as reader:
        slow = Slow(reader)
        first = asyncio.create_task(reader.ask())
        await slow.arrived.acquire()
        others = [asyncio.create_task(reader.ask()) for _ in range(5)]
        await slow.waiting(5)
        first.cancel()
        await slow.arrived.acquire()  # one of them asks in its place, and the others wait for that one
        slow.go_on.set()
        assert {text for _, text, _ in await asyncio.gather(*others)} == {"answer 2"}
        assert slow.asked == 2


async def test_nobody_waits_for_long(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, cache_wait_seconds=0.05) as reader:
        slow = Slow(reader)
        asking = [asyncio.create_task(reader.ask()) for _ in range(2)]
        for _ in range(2):
            await slow.arrived.acquire()
        slow.go_on.set()
        assert {text for _, text, _ in await asyncio.gather(*asking)} == {"answer 1", "answer 2"}


async def test_what_one_is_refused_the_others_are_too(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, upstream_read_seconds=1.0) as reader:
        slow = Slow(reader)
        asking = [asyncio.create_task(reader.ask()) for _ in range(4)]
        await slow.waiting(3)
        assert [status for status, _, _ in await asyncio.gather(*asking)] == [504] * 4
        slow.go_on.set()
        assert slow.asked == 1
