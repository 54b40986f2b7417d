"""Copies of a service that fail as a test wants, and what a gateway says of them."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.serving import running


@dataclass
class Copy:
    """One copy. `status` is what it answers to its n-th request; its health page says that all is well."""

    status: Callable[[int], int] = lambda _: 200
    is_ready: bool = True
    delay: float = 0.0
    """Seconds until each answer."""
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """Method and path of each request but those for its health."""
    deadlines: list[str | None] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Requests wait for it."""

    def __post_init__(self) -> None:
        self.gate.set()

    def app(self) -> web.Application:
        async def health(_: web.Request) -> web.Response:
            return web.json_response({"status": "pass", "ready": self.is_ready})

        async def answer(request: web.Request) -> web.Response:
            self.seen.append(f"{request.method} {request.path}")
            self.deadlines.append(request.headers.get("X-Request-Deadline"))
            number = len(self.seen)
            await request.read()
            await self.gate.wait()
            await asyncio.sleep(self.delay)
            response = web.json_response({"number": number}, status=self.status(number))
            if not self.is_ready:
                response.force_close()
            return response

        app = web.Application()
        app.router.add_get("/health", health)
        app.router.add_route("*", "/{rest:.*}", answer)
        return app


def half(status: int) -> Callable[[int], int]:
    """Every second answer is this."""
    return lambda number: status if number % 2 else 200


@contextlib.asynccontextmanager
async def serve_copies(*copies: Copy) -> AsyncIterator[str]:
    """Run them; yields their addresses, as a setting of the gateway takes them."""
    async with contextlib.AsyncExitStack() as stack:
        for copy in copies:
            copy.url = await stack.enter_async_context(running(copy.app()))
        yield ",".join(copy.url for copy in copies)


_numbers = itertools.count()


def new_read() -> str:
    """The address of something that nobody read yet, so that no answer to another is given for it."""
    return f"/api/v1/policies?q={next(_numbers)}"


async def figure(client: aiohttp.ClientSession, name: str, **labels: str) -> float:
    """A figure of the gateway's metrics."""
    said = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    async with client.get("/metrics") as response:
        for line in (await response.text()).splitlines():
            if line.startswith(f"{name}{{{said}}} "):
                return float(line.rpartition(" ")[2])
    raise AssertionError(f"no {name} for {said}")


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 5) -> None:
    """Return as soon as it holds; fails when it does not within so many seconds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0.01)
