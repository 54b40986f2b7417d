"""How long a service has depends on what is asked, and it is told."""

import aiohttp
import pytest

from services.gateway.upstreams.deadlines import deadline_line
from tests.gateway.conftest import RunGateway
from tests.gateway.copies import Copy, half, new_read, serve_copies

SECONDS = {
    "upstream_search_seconds": 3,
    "upstream_read_seconds": 6,
    "upstream_response_seconds": 12,
    "upstream_long_seconds": 100,
}


@pytest.mark.parametrize(
    ("method", "path", "seconds"),
    [
        ("GET", "/api/v1/search?q=a", 3),
        ("GET", "/api/v1/suggest?q=a", 3),
        ("GET", "/search?q=a", 3),
        ("GET", "/api/v1/policies/ca/act/A-1", 6),
        ("HEAD", "/api/v1/searches", 6),
        ("GET", "/about", 6),
        ("DELETE", "/api/v1/drafts/1", 12),
        ("POST", "/api/v1/drafts/1/submit", 12),
        ("GET", "/api/v1/imports/1/events", 100),
        ("GET", "/api/v1/bulk", 100),
        ("POST", "/api/v1/imports/1/cancel", 100),
    ],
)
async def test_each_route_has_its_own_and_the_service_hears_it(
    run_gateway: RunGateway, method: str, path: str, seconds: float
) -> None:
    copy = Copy()
    async with (
        serve_copies(copy) as url,
        run_gateway(policy_url=url, web_url=url, **SECONDS) as base,
        aiohttp.request(method, base + path, headers={"X-Request-Deadline": "1", "X_Request_Deadline": "2"}) as got,
    ):
        assert got.status == 200
    (given,) = copy.deadlines
    assert given is not None, "and what the client said is not passed on"
    assert seconds * 1000 - 1000 < int(given) <= seconds * 1000


async def test_a_request_with_a_body_has_its_time_from_the_end_of_the_body(run_gateway: RunGateway) -> None:
    copy = Copy()
    async with (
        serve_copies(copy) as url,
        run_gateway(policy_url=url, **SECONDS) as base,
        aiohttp.request("POST", f"{base}/api/v1/imports", data=b"abc", headers={"X-Request-Deadline": "1"}) as got,
    ):
        assert got.status == 200
    assert copy.deadlines == [None]


async def test_a_second_try_has_what_is_left(run_gateway: RunGateway) -> None:
    copies = [Copy(half(503), delay=0.02), Copy(half(503), delay=0.02)]
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls) as base,
        aiohttp.ClientSession(base) as client,
    ):
        for _ in range(20):
            async with client.get(new_read()) as got:
                await got.read()
    given = [int(deadline) for copy in copies for deadline in copy.deadlines if deadline]
    assert len(given) > 20, "some were tried twice"
    assert max(given) <= 10_000
    assert min(given) <= 9_980


async def test_when_it_is_over_the_client_gets_504_and_the_service_is_left(run_gateway: RunGateway) -> None:
    copies = [Copy(), Copy()]
    for copy in copies:
        copy.gate.clear()
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls, upstream_search_seconds=0.3) as base,
        aiohttp.request("GET", f"{base}/api/v1/search?q=a") as got,
    ):
        assert got.status == 504
        assert (await got.json())["type"] == "/docs/errors#gateway-timeout"
    assert sum(len(copy.seen) for copy in copies) == 1, "there is no time for a second try"


@pytest.mark.parametrize(("milliseconds", "said"), [(1500, b"1500"), (0, b"1"), (-7, b"1")])
def test_there_is_never_less_than_a_millisecond(milliseconds: int, said: bytes) -> None:
    assert deadline_line(milliseconds) == b"X-Request-Deadline: " + said + b"\r\n"
