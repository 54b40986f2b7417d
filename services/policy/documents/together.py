"""Asking a database together what is asked at the same time: most of what a short statement costs is not its rows."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """Gathers questions. One that comes while all lanes are busy waits for the next free one, with all others that
    came meanwhile; none joins a statement that is under way, so each answer is of a moment after its question.

    `ask` answers some questions, in their order; its failure is the failure of each of them. At most `lanes` calls of
    it are under way, each with at most `most` questions.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, lanes: int, most: int) -> None:
        self._ask = ask
        self._lanes = lanes
        self._most = most
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, question: Q) -> "asyncio.Future[A]":
        """The answer to one question."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, future))
        if len(self._running) < self._lanes:
            # It begins after all requests that are here already were read, and has nothing of any one of them.
            task = loop.create_task(self._run(), context=Context())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return future

    async def _run(self) -> None:
        while some := self._next():
            try:
                answers = await self._ask([question for question, _ in some])
            except Exception as error:
                for _, future in some:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(some, answers, strict=True):
                    if not future.done():  # who asked may have left
                        future.set_result(answer)

    def _next(self) -> list[tuple[Q, "asyncio.Future[A]"]]:
        some: list[tuple[Q, asyncio.Future[A]]] = []
        while self._waiting and len(some) < self._most:
            one = self._waiting.popleft()
            if not one[1].done():
                some.append(one)
        return some
