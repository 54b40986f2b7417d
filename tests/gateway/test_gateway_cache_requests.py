"""What a request asks of the cache, and which of several answers at one address it gets."""

from typing import Any

import pytest

from tests.gateway.cached import cached, moment
from tests.gateway.conftest import RunGateway

HOUR = ("Cache-Control", "max-age=3600")


@pytest.mark.parametrize(
    ("age", "wish", "is_given"),
    [
        ("0", {"Cache_Control": "nothing-known"}, True), ("0", {"Pragma": "nothing-known"}, True),
        ("0", {"Cache_Control": "max-age=60"}, True), ("0", {"Cache_Control": "min-fresh=60"}, True),
        ("7200", {"Cache_Control": "max-stale=4000"}, True), ("7200", {"Cache_Control": "max-stale"}, True),
        ("0", {"Cache_Control": "only-if-cached"}, True),
        ("0", {"Cache_Control": "no-cache"}, False), ("0", {"Cache_Control": "NO-STORE"}, False),
        ("0", {"Pragma": "no-cache"}, False), ("0", {"Cache_Control": "max-age=0"}, False),
        ("1800", {"Cache_Control": "max-age=600"}, False), ("1800", {"Cache_Control": "min-fresh=2000"}, False),
        ("7200", {"Cache_Control": "max-stale=3000"}, False), ("7200", {}, False),
        ("0", {"If_Match": '"a"'}, False), ("0", {"If_Unmodified_Since": moment(0)}, False),
    ],
)  # fmt: skip
async def test_a_request_may_want_more_or_less(
    run_gateway: RunGateway, age: str, wish: dict[str, Any], is_given: bool
) -> None:
    async with cached(run_gateway, HOUR, ("Age", age), ("Last-Modified", moment(-9000))) as reader:
        await reader.ask()
        assert (await reader.ask(**wish))[1] == ("answer 1" if is_given else "answer 2")


async def test_stale_is_refused_to_any_wish_where_the_service_forbids_it(run_gateway: RunGateway) -> None:
    fields = [("Cache-Control", "max-age=3600, must-revalidate"), ("Age", "7200"), ("ETag", '"a"')]
    async with cached(run_gateway, *fields) as reader:
        await reader.ask()
        assert (await reader.ask(Cache_Control="max-stale"))[2]["Cache-Status"] == (
            "openpolicy; fwd=stale; fwd-status=304"
        )


async def test_what_is_not_kept_is_504_to_who_wants_no_more(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR) as reader:
        status, _, headers = await reader.ask(Cache_Control="only-if-cached")
        assert (status, headers["Content-Type"]) == (504, "application/problem+json; charset=utf-8")
        assert not reader.service.seen


async def test_no_store_keeps_an_answer_out(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR) as reader:
        await reader.ask(Cache_Control="no-store")
        assert (await reader.ask())[1] == "answer 2"


@pytest.mark.parametrize(
    ("vary", "first", "second", "is_same"),
    [
        ("Foo", {"Foo": "1"}, {"Foo": "1", "Other": "2"}, True), ("foo", {"Foo": "1,2"}, {"Foo": " 1, 2 "}, True),
        ("Foo, Bar", {"Foo": "1"}, {"Foo": "1"}, True), ("Foo, Bar", {"Foo": "1"}, {"Foo": "1", "Bar": ""}, False),
        ("Foo", {"Foo": "1"}, {"Foo": "2"}, False), ("Foo", {"Foo": "1"}, {}, False), ("Foo", {}, {"Foo": "1"}, False),
        ("Accept-Language", {"Accept_Language": "en, fr"}, {"Accept_Language": "FR,en"}, True),
        ("Accept-Language", {"Accept_Language": "en, fr"}, {"Accept_Language": "fr, en;q=0.5"}, False),
        ("Accept", {"Accept": "*/*"}, {"Accept": ""}, True),
        ("Accept", {"Accept": "text/html"}, {"Accept": "application/json"}, False),
    ],
)  # fmt: skip
async def test_answers_that_vary(
    run_gateway: RunGateway, vary: str, first: dict[str, Any], second: dict[str, Any], is_same: bool
) -> None:
    async with cached(run_gateway, HOUR, ("Vary", vary)) as reader:
        await reader.ask(**first)
        assert (await reader.ask(**second))[1] == ("answer 1" if is_same else "answer 2")
        assert (await reader.ask(**first))[1] == "answer 1", "both are kept"
        if not is_same:
            assert (await reader.ask(**second))[1] == "answer 2"


async def test_each_address_as_its_reader_sees_it_has_its_own_answer(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR) as reader:
        addresses = ["/a", "/b", "/a?x=1", "/a?x=2", "/%61"]
        assert [(await reader.ask(a))[1] for a in addresses] == [
            "answer 1", "answer 2", "answer 3", "answer 4", "answer 1",
        ]  # fmt: skip
        assert (await reader.ask("/a", Host="evil.example"))[1] == "answer 5"
        assert (await reader.ask("/a"))[1] == "answer 1", "what was told another host is not given to us"


@pytest.mark.parametrize(
    ("rules", "is_kept"),
    [("max-age=3600", False), ("max-age=3600, public", True), ("s-maxage=3600", True),
     ("max-age=3600, must-revalidate", True), ("max-age=3600, private", False)],
)  # fmt: skip
async def test_what_someone_got_with_a_cookie_is_kept_only_if_it_is_for_all(
    run_gateway: RunGateway, rules: str, is_kept: bool
) -> None:
    async with cached(run_gateway, ("Cache-Control", rules)) as reader:
        await reader.ask(Cookie="sid=1")
        assert (await reader.ask())[1] == ("answer 1" if is_kept else "answer 2")


async def test_what_varies_by_cookie_stays_with_whom_it_was_made_for(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "public, max-age=3600"), ("Vary", "Cookie")) as reader:
        assert (await reader.ask(Cookie="sid=1"))[1] == "answer 1"
        assert (await reader.ask(Cookie="sid=2"))[1] == "answer 2"
        assert (await reader.ask())[1] == "answer 3"
        assert (await reader.ask())[1] == "answer 3"
        assert (await reader.ask(Cookie="sid=1"))[1] == "answer 4", "a person's own is not kept at all"


async def test_what_is_for_all_is_given_to_those_with_a_cookie_too(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, HOUR) as reader:
        await reader.ask()
        assert (await reader.ask(Cookie="sid=1"))[1] == "answer 1"


async def test_a_cookie_is_shared_only_by_the_word_of_the_service(run_gateway: RunGateway) -> None:
    fields = [("Cache-Control", "public, max-age=3600"), ("Set-Cookie", "theme=light")]
    async with cached(run_gateway, *fields) as reader:
        await reader.ask()
        assert (await reader.ask())[2]["Set-Cookie"] == "theme=light"
        assert len(reader.service.seen) == 1


async def test_what_is_kept_is_counted_and_not_for_those_with_false_tokens(run_gateway: RunGateway) -> None:
    limits = {"rate_limit_anonymous_per_minute": 1, "rate_limit_anonymous_burst": 3}
    async with cached(run_gateway, ("Cache-Control", "public, max-age=3600"), **limits) as reader:
        assert (await reader.ask("/api/v1/stats"))[0] == 200
        assert (await reader.ask("/api/v1/stats", Authorization="Bearer false"))[0] in (401, 503)
        status, _, headers = await reader.ask("/api/v1/stats")
        assert (status, "Age" in headers, headers["RateLimit"].partition(";t")[0]) == (200, True, '"default";r=0')
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert (await reader.ask("/api/v1/stats"))[0] == 429
        assert len(reader.service.seen) == 1
