"""Tasks beside an application end when it does, also when a cancellation was swallowed on the way."""

import asyncio

from shared.background import stop


async def _swallows(times: int, swallowed: list[int]) -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if len(swallowed) == times:
                raise
            swallowed.append(1)


async def _fails() -> None:
    raise RuntimeError("broken")


async def test_a_swallowed_cancellation_is_repeated() -> None:
    swallowed: list[int] = []
    task = asyncio.create_task(_swallows(2, swallowed))
    await asyncio.sleep(0)
    await asyncio.wait_for(stop([task]), 5)
    assert (len(swallowed), task.cancelled()) == (2, True)


async def test_a_task_that_failed_does_not_hold_up_the_rest() -> None:
    tasks = [asyncio.create_task(_fails()), asyncio.create_task(_swallows(0, []))]
    await asyncio.sleep(0)
    await stop(tasks)
    assert all(task.done() for task in tasks)


async def test_nothing_to_stop() -> None:
    await stop([])
