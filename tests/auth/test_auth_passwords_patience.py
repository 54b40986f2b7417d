"""Who would wait too long for a thread is told so, before somebody on the way gives up."""

import asyncio

import pytest

from services.auth.accounts.passwords import Passwords
from shared.errors import Unavailable


async def test_who_waits_too_long_is_sent_away_and_who_began_is_not() -> None:
    passwords = Passwords("pepper-0123456789abcdefghijklmnopqrst", cost=12, threads=1, patience=0.01)
    try:
        begun = asyncio.create_task(passwords.hash("plum-Orbit-94-tangerine"))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="signing in at this moment"):
            await passwords.hash("plum-Orbit-94-tangerine")
        assert "$2b$12$" in await begun
        again = await passwords.hash("plum-Orbit-94-tangerine")
        assert again.count("$") == 3, "its place was given back"
    finally:
        await passwords.close()


async def test_who_leaves_is_not_told_anything() -> None:
    passwords = Passwords("pepper-0123456789abcdefghijklmnopqrst", cost=12, threads=1, queue=1)
    try:
        waiting = asyncio.create_task(passwords.hash("plum-Orbit-94-tangerine"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    finally:
        await passwords.close()
