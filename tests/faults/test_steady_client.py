"""The client of `make faults` sees what went wrong: a count of nothing is only worth something if it can be another."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.promises import Row, Seen, table
from tests.faults.steady_client import Ask, SteadyClient, Tally
from tests.gateway.sockets import read_head, serving

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


async def _ask(answer: bytes, *, times: int = 1, patience: float = 5, then: str = "close") -> Tally:
    """Ask a server that gives `answer` to the first request of each connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(answer)
        await writer.drain()
        if then == "hold":
            await reader.read()

    async with serving(handle) as base:
        client = SteadyClient(base, lambda n: Ask("GET", f"/{n}", expect=b"x"), rate=50, patience=patience)
        return await client.go(times)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (_OK + b"xxxx", "200"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nxxxx\r\n0\r\n\r\n", "200"),
        (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "503"),
        (b"HTTP/1.1 200 OK\r\n\r\nxxxx", "200"),
        (_OK + b"xx", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nxxxx\r\n", "cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\nxxHTTP/1.1 502 Bad Gateway\r\nxxxx\r\n\r\n", "second head"),
        (_OK + b"xyxx", "wrong body"),
        (_OK + b"xxxxHTTP/1.1 502 Bad Gateway\r\n\r\n", "second head"),
        (b"nonsense\r\n\r\n", "not HTTP"),
        (b"", "closed"),
    ],
)
async def test_each_kind_of_answer_is_told_from_the_others(answer: bytes, seen: str) -> None:
    tally = await _ask(answer)
    assert tally.kinds == {seen: 1}


async def test_an_answer_that_never_comes_is_a_timeout() -> None:
    tally = await _ask(b"", patience=0.2, then="hold")
    assert tally.kinds == {"timeout": 1}
    assert tally.failed() == 1


async def test_a_kept_connection_that_was_closed_is_no_failure() -> None:
    tally = await _ask(_OK + b"xxxx", times=3)  # each connection serves one request and is closed without a word
    assert tally.kinds == {"200": 3}
    assert tally.failed() == 0


async def test_a_server_that_is_gone_is_seen() -> None:
    tally = await SteadyClient("http://127.0.0.1:1", lambda n: Ask("GET", "/"), rate=50).go(2)
    assert tally.kinds == {"refused": 2}


async def test_it_asks_at_its_rate_whatever_the_answers_take() -> None:
    most = together = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, together
        await read_head(reader)
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.3)
        together -= 1
        writer.write(_OK + b"xxxx")

    async with serving(handle) as base:
        tally = await SteadyClient(base, lambda n: Ask("GET", "/"), rate=100).go(20)
    assert tally.kinds == {"200": 20}
    assert most > 10, "it waited for answers before it asked again"


def test_the_table_says_which_promise_was_broken() -> None:
    async def run(_: object) -> Seen:
        return Seen()

    row = Row("x", "a fault", "a promise", run)
    kept, broken = Seen(["all well"]), Seen(["a | b"], ["it was not"])
    lines = table([(row, kept), (row, broken)]).splitlines()
    assert lines[2] == "| a fault | a promise | all well | yes |"
    assert lines[3] == "| a fault | a promise | a / b; BROKEN: it was not | **no** |"
