"""Questions that come while others are being answered are asked together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from services.policy.documents.together import Together


class Asked:
    """Answers each number with its double, when `answer` is set; remembers what was asked together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.answer = asyncio.Event()

    async def __call__(self, questions: Sequence[int]) -> list[int]:
        self.calls.append(list(questions))
        await self.answer.wait()
        return [2 * question for question in questions]


async def test_what_comes_meanwhile_is_asked_together() -> None:
    asked = Asked()
    ask = Together(asked, lanes=1, most=3)
    first = ask(1)
    await asyncio.sleep(0)
    assert asked.calls == [[1]], "nobody waits while nothing is under way"
    rest = [ask(number) for number in (2, 3, 4, 5)]
    asked.answer.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8, 10]
    assert asked.calls == [[1], [2, 3, 4], [5]], "none joined what was under way, and no more than three go together"


async def test_as_many_are_under_way_as_there_are_lanes() -> None:
    asked = Asked()
    ask = Together(asked, lanes=2, most=8)
    futures = []
    for number in (1, 2, 3):
        futures.append(ask(number))
        await asyncio.sleep(0)
    assert asked.calls == [[1], [2]]
    asked.answer.set()
    assert await asyncio.gather(*futures) == [2, 4, 6]
    assert await ask(4) == 8, "a lane that was left is taken again"


async def test_a_failure_is_that_of_each_question_and_of_no_other() -> None:
    async def fails(questions: Sequence[int]) -> list[int]:
        if 1 in questions:
            raise ConnectionResetError
        return list(questions)

    ask = Together(fails, lanes=1, most=2)
    first, second, third = ask(1), ask(2), ask(3)
    for failed in (first, second):
        with pytest.raises(ConnectionResetError):
            await failed
    assert await third == 3


async def test_whoever_left_is_not_asked_for() -> None:
    asked = Asked()
    ask = Together(asked, lanes=1, most=8)
    kept, left = ask(1), ask(2)
    await asyncio.sleep(0)
    waiting, gone = ask(3), ask(4)
    left.cancel()
    gone.cancel()
    asked.answer.set()
    assert [await kept, await waiting] == [2, 6]
    assert asked.calls == [[1, 2], [3]]
    with pytest.raises(asyncio.CancelledError):
        await left
