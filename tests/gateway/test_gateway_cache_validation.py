"""Conditional requests, parts, HEAD, and asking a service if what is kept is still the same."""

from typing import Any

import pytest
from aiohttp import web

from tests.gateway.cached import cached, moment
from tests.gateway.conftest import RunGateway

HOUR = ("Cache-Control", "max-age=3600")
STALE = ("Age", "7200")
ETAG = ("ETag", '"abc"')
LAST = ("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If_None_Match": '"abc"'}, 304), ({"If_None_Match": 'W/"abc"'}, 304), ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x", "abc" , "y"'}, 304), ({"If_None_Match": '"x, abc"'}, 200),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_Modified_Since": "Wed, 01 Jan 2020 00:00:00 GMT"}, 304), ({"If_Modified_Since": moment(0)}, 304),
        ({"If_Modified_Since": "Wednesday, 01-Jan-20 00:00:00 GMT"}, 304),
        ({"If_Modified_Since": "Tue, 31 Dec 2019 00:00:00 GMT"}, 200), ({"If_Modified_Since": "yesterday"}, 200),
        ({"If_None_Match": '"abc"', "If_Modified_Since": "Tue, 31 Dec 2019 00:00:00 GMT"}, 304),
        ({"If_None_Match": '"x"', "If_Modified_Since": moment(0)}, 200),
    ],
)  # fmt: skip
async def test_who_has_it_gets_304(run_gateway: RunGateway, condition: dict[str, Any], status: int) -> None:
    async with cached(run_gateway, HOUR, ETAG, LAST, ("Content-Location", "/here")) as reader:
        await reader.ask()
        found, text, headers = await reader.ask(**condition)
        assert (found, text) == (status, "" if status == 304 else "answer 1")
        assert (headers["ETag"], headers["Content-Location"], headers["Cache-Control"]) == (
            '"abc"', "/here", "max-age=3600",
        )  # fmt: skip
        assert ("Content-Type" in headers) == (status == 200)
        assert len(reader.service.seen) == 1


async def test_a_stale_answer_is_confirmed(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "max-age=3600"), STALE, ETAG, LAST, ("X", "1")) as reader:
        await reader.ask()
        reader.service.fields = [("Cache-Control", "max-age=7200"), ETAG, ("X", "2"), ("Content-Length", "0")]
        for condition in ({}, {"If_None_Match": '"other"'}):
            status, text, headers = await reader.ask(**condition)
            assert (status, text, headers["X"], headers["Cache-Control"]) == (200, "answer 1", "2", "max-age=7200")
        asked = reader.service.seen[1].headers
        assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"abc"', LAST[1])
        assert len(reader.service.seen) == 2, "it is fresh again"


async def test_a_stale_answer_is_replaced(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, STALE, ETAG) as reader:
        await reader.ask()
        reader.service.fields = [HOUR, ("ETag", '"def"')]
        assert (await reader.ask())[1] == "answer 2"
        assert (await reader.ask(If_None_Match='"def"'))[0] == 304
        assert len(reader.service.seen) == 2


async def test_who_has_a_stale_answer_gets_304_once_it_is_confirmed(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, STALE, ETAG) as reader:
        await reader.ask()
        status, _, headers = await reader.ask(If_None_Match='"abc"')
        assert (status, headers["Cache-Status"]) == (304, "openpolicy; fwd=stale; fwd-status=304")
        reader.service.fields = [HOUR, ("ETag", '"def"')]
        assert (await reader.ask(If_None_Match='"abc"'))[:2] == (200, "answer 3"), "it changed meanwhile"


async def test_no_cache_is_kept_and_always_asked_for(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "no-cache"), ETAG) as reader:
        texts = [(await reader.ask())[1] for _ in range(3)]
        assert texts == ["answer 1"] * 3
        assert [r.headers.get("If-None-Match") for r in reader.service.seen] == [None, '"abc"', '"abc"']


async def test_an_answer_that_may_not_be_kept_any_more_is_not(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, STALE, ETAG) as reader:
        await reader.ask()
        reader.service.fields = [("Cache-Control", "private"), ETAG]
        assert (await reader.ask())[1] == "answer 1", "confirmed for this reader"
        await reader.ask()
        assert "If-None-Match" not in reader.service.seen[-1].headers, "and forgotten"


@pytest.mark.parametrize(
    ("asked", "status", "text", "part"),
    [
        ("bytes=0-1", 206, "01", "0-1/10"), ("bytes=7-", 206, "789", "7-9/10"), ("bytes=-3", 206, "789", "7-9/10"),
        ("bytes=5-99", 206, "56789", "5-9/10"), ("bytes=-99", 206, "0123456789", "0-9/10"),
        ("bytes=10-", 416, "", "*/10"), ("bytes=-0", 416, "", "*/10"),
        ("bytes=3-2", 200, "0123456789", None), ("bytes=0-1,3-4", 200, "0123456789", None),
        ("lines=0-1", 200, "0123456789", None), ("bytes=-", 200, "0123456789", None),
    ],
)  # fmt: skip
async def test_parts_of_what_is_kept(
    run_gateway: RunGateway, asked: str, status: int, text: str, part: str | None
) -> None:
    async def digits(request: web.Request) -> web.Response:
        return web.Response(text="0123456789", headers=dict([HOUR, ETAG]))

    async with cached(run_gateway) as reader:
        reader.service.handler = digits
        await reader.ask()
        found, body, headers = await reader.ask(Range=asked)
        assert (found, body, headers.get("Content-Range")) == (status, text, part and f"bytes {part}")
        assert headers["Content-Length"] == str(len(text))
        assert (await reader.ask(Range="bytes=0-1", If_Range='"abc"'))[0] == 206
        assert (await reader.ask(Range="bytes=0-1", If_Range='"other"'))[0] == 200
        assert len(reader.service.seen) == 1


async def test_a_part_from_the_service_passes_and_is_not_kept(run_gateway: RunGateway) -> None:
    async def part(request: web.Request) -> web.Response:
        fields = dict([HOUR, ("Content-Range", "bytes 0-1/10")])
        return web.Response(status=206, text="01", headers=fields) if "Range" in request.headers else web.Response()

    async with cached(run_gateway) as reader:
        reader.service.handler = part
        assert (await reader.ask(Range="bytes=0-1"))[:2] == (206, "01")
        assert (await reader.ask())[0] == 200
        assert len(reader.service.seen) == 2


async def test_head_is_answered_from_get(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, ETAG) as reader:
        assert (await reader.ask(method="HEAD"))[0] == 200
        await reader.ask()
        status, text, headers = await reader.ask(method="HEAD")
        assert (status, text, headers["Content-Length"], headers["ETag"]) == (200, "", "8", '"abc"')
        assert [r.method for r in reader.service.seen] == ["HEAD", "GET"]


async def test_head_that_tells_of_a_change_ends_what_was_kept(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, STALE, ETAG) as reader:
        await reader.ask()
        reader.service.fields = [HOUR, ("ETag", '"def"')]
        await reader.ask(method="HEAD")
        await reader.ask()
        assert "If-None-Match" not in reader.service.seen[-1].headers
