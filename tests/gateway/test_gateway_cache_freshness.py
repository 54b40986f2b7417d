"""Which answers are given again without asking, by what their header fields say (RFC 9111, 3 and 4.2)."""

from collections.abc import Callable

import pytest

from tests.gateway.cached import Fields, cached, moment
from tests.gateway.conftest import RunGateway

HOUR = ("Cache-Control", "max-age=3600")
CHANGED = ("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")


def _late(*fields: tuple[str, str | float]) -> Callable[[], Fields]:
    """Numbers are dates, so many seconds from the moment of the answer."""
    return lambda: [(name, value if isinstance(value, str) else moment(value)) for name, value in fields]


AGAIN = {
    "max-age": _late(HOUR),
    "in capitals": _late(("Cache-Control", "MaX-AgE=3600")),
    "with quotes": _late(("Cache-Control", 'max-age="3600"')),
    "with zeros before it": _late(("Cache-Control", "max-age=003600")),
    "longer than anything": _late(("Cache-Control", "max-age=99999999999")),
    "beside what nobody knows": _late(("Cache-Control", 'foobar, extension="max-age=0, no-store", max-age=3600')),
    "for shared caches, longer": _late(("Cache-Control", "max-age=0, s-maxage=3600")),
    "for shared caches, in another line": _late(("Cache-Control", "max-age=0"), ("Cache-Control", "s-maxage=3600")),
    "meant for us": _late(("Cache-Control", "no-store"), ("CDN-Cache-Control", "max-age=3600")),
    "above Expires": _late(HOUR, ("Expires", -7200)),
    "above an Expires that is no date": _late(HOUR, ("Expires", "0")),
    "must-revalidate, while fresh": _late(("Cache-Control", "max-age=3600, must-revalidate")),
    "Expires": _late(("Expires", 3600)),
    "Expires in the form of RFC 850": _late(("Expires", "Thursday, 18-Aug-50 02:01:18 GMT")),
    "Expires in the form of asctime": _late(("Expires", "Thu Aug  8 02:01:18 2050")),
    "Expires, and a Date that is none": _late(("Expires", 3600), ("Date", "foo")),
    "unchanged for long": _late(CHANGED),
    "old, but not too old": _late(HOUR, ("Age", "1800")),
    "an age that is none": _late(HOUR, ("Age", "abc")),
    "an age below zero": _late(HOUR, ("Age", "-7200")),
    "the first of two ages": _late(HOUR, ("Age", "0, 7200")),
}
ANEW = {
    "nothing said": _late(),
    "max-age of nothing": _late(("Cache-Control", "max-age=0")),
    "max-age below zero": _late(("Cache-Control", "max-age=-3600")),
    "max-age in other quotes": _late(("Cache-Control", "max-age='3600'")),
    "max-age that is no number": _late(("Cache-Control", "max-age=a3600"), ("Expires", 3600)),
    "quoted, not said": _late(("Cache-Control", 'extension="max-age=3600", max-age=0')),
    "quoted after it, not said": _late(("Cache-Control", 'max-age=0, extension="max-age=3600"')),
    "for shared caches, shorter": _late(("Cache-Control", "max-age=3600, s-maxage=0")),
    "max-age above Expires": _late(("Cache-Control", "max-age=0"), ("Expires", 3600)),
    "older than max-age": _late(HOUR, ("Age", "7200")),
    "older than anything": _late(HOUR, ("Age", "99999999999")),
    "as old as the first of two ages says": _late(HOUR, ("Age", "7200, 0")),
    "of an old date": _late(HOUR, ("Date", -7200)),
    "expired": _late(("Expires", -3600)),
    "expires now": _late(("Expires", 0), ("Date", 0)),
    "expires before its date": _late(("Expires", 300), ("Date", 400)),
    "expires at what is no date": _late(("Expires", "0")),
    "older than until Expires": _late(("Date", 10), ("Expires", 20), ("Age", "15")),
    "no-store": _late(("Cache-Control", "max-age=3600, No-StOrE")),
    "private": _late(("Cache-Control", "private, max-age=3600")),
    "no-cache": _late(("Cache-Control", "max-age=3600, No-CaChE")),
    "not meant for us": _late(HOUR, ("CDN-Cache-Control", "private")),
    "like no other": _late(HOUR, ("Vary", "*")),
    "like no other, in a list": _late(HOUR, ("Vary", "Foo, *")),
    "like no other, in a second line": _late(HOUR, ("Vary", "Foo"), ("Vary", ",*")),
    "a cookie, and nobody said it is for all": _late(HOUR, ("Set-Cookie", "sid=1")),
}


@pytest.mark.parametrize("fields", AGAIN.values(), ids=AGAIN)
async def test_given_again(run_gateway: RunGateway, fields: Callable[[], Fields]) -> None:
    async with cached(run_gateway, *fields()) as reader:
        first, again = await reader.ask(), await reader.ask()
        assert (first[1], again[1]) == ("answer 1", "answer 1")
        assert len(reader.service.seen) == 1
        assert "Age" in again[2]
        assert first[2]["Cache-Status"].endswith("fwd=uri-miss; stored")
        assert again[2]["Cache-Status"].startswith("openpolicy; hit; ttl=")
        assert again[2]["Date"] == first[2]["Date"]


@pytest.mark.parametrize("fields", ANEW.values(), ids=ANEW)
async def test_asked_for_anew(run_gateway: RunGateway, fields: Callable[[], Fields]) -> None:
    async with cached(run_gateway, *fields()) as reader:
        first, again = await reader.ask(), await reader.ask()
        assert (first[1], again[1]) == ("answer 1", "answer 2")
        assert "hit" not in again[2]["Cache-Status"]


@pytest.mark.parametrize("status", [200, 203, 204, 299, 301, 302, 307, 308, 400, 404, 410, 499, 500, 503, 599])
async def test_any_status_may_say_how_long_it_is_fresh(run_gateway: RunGateway, status: int) -> None:
    async with cached(run_gateway, HOUR) as reader:
        reader.service.status = status
        assert [(await reader.ask())[0] for _ in range(2)] == [status, status]
        assert len(reader.service.seen) == 1


@pytest.mark.parametrize(
    ("status", "rules", "asked"),
    [
        (200, "", 1), (404, "", 1), (410, "", 1), (501, "", 1),
        (201, "", 2), (302, "", 2), (403, "", 2), (503, "", 2), (599, "", 2), (599, "public", 1),
        (599, "max-age=3600, must-understand", 2), (404, "max-age=3600, must-understand, no-store", 1),
    ],
)  # fmt: skip
async def test_whether_a_status_is_kept_by_itself(run_gateway: RunGateway, status: int, rules: str, asked: int) -> None:
    fields = [CHANGED, *([("Cache-Control", rules)] if rules else [])]
    async with cached(run_gateway, *fields) as reader:
        reader.service.status = status
        assert [(await reader.ask())[0] for _ in range(2)] == [status, status]
        assert len(reader.service.seen) == asked


async def test_the_age_goes_on_from_what_the_service_said(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, ("Age", "30")) as reader:
        assert (await reader.ask())[2]["Age"] == "30"
        assert 30 <= int((await reader.ask())[2]["Age"]) < 60
        status = (await reader.ask())[2]["Cache-Status"]
        assert 3500 < int(status.rpartition("ttl=")[2]) <= 3570


async def test_what_is_for_the_cache_alone_or_not_to_be_kept(run_gateway: RunGateway) -> None:
    fields = [
        ("Cache-Control", 'max-age=3600, no-cache="A, b"'), ("A", "1"), ("B", "2"), ("C", "3"), ("C", "4"),
        ("Proxy-Authentication-Info", "x"), ("CDN-Cache-Control", 'max-age=60, private="a,b"'), ("Cache-Tags", "x"),
    ]  # fmt: skip
    async with cached(run_gateway, *fields) as reader:
        first, again = (await reader.ask())[2], (await reader.ask())[2]
        assert len(reader.service.seen) == 1
        assert first["A"] == "1"
        assert not {"A", "B", "Proxy-Authentication-Info", "CDN-Cache-Control", "Cache-Tags"} & set(again)
        assert not {"CDN-Cache-Control", "Cache-Tags"} & set(first)
        assert again.getall("C") == ["3", "4"]


async def test_a_cache_of_no_bytes_is_none(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR, ("Cache-Tags", "x"), cache_bytes=0) as reader:
        assert [(await reader.ask())[1] for _ in range(2)] == ["answer 1", "answer 2"]
        headers = (await reader.ask())[2]
        assert "Cache-Status" not in headers
        assert "Cache-Tags" not in headers


async def test_what_could_not_be_kept_is_kept_once_it_may_be(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "no-store")) as reader:
        for number in (1, 2, 3):
            assert (await reader.ask())[1] == f"answer {number}"
        reader.service.fields = (HOUR,)
        assert (await reader.ask())[1] == "answer 4"
        status, text, headers = await reader.ask()
        assert (status, text) == (200, "answer 4")
        assert headers["Cache-Status"].startswith("openpolicy; hit")
        reader.service.fields = (("Cache-Control", "no-store"),)
        assert (await reader.ask(Cache_Control="no-cache"))[1] == "answer 5"
        assert [(await reader.ask())[1] for _ in range(2)] == ["answer 6", "answer 7"]
