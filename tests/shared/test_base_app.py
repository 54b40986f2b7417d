"""What every service has from the application factory: problems, health, metrics and the check of internal tokens."""

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from pydantic import Field, SecretStr

from shared.errors import Gone, NotFound
from shared.identity import ANONYMOUS
from shared.keys import IDENTITY
from shared.parse import Body, Query, parse_body, parse_query
from shared.settings import ServiceSettings
from shared.tokens import INTERNAL_HEADER, InternalTokens
from shared.web import create_base_app, watch_health
from tests.serving import running

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


class Filters(Query):
    limit: int = Field(5, ge=1)


class Note(Body):
    title: str = Field(min_length=1)


async def _broken(request: web.Request) -> web.Response:
    raise RuntimeError("secret detail")


async def _missing(request: web.Request) -> web.Response:
    raise NotFound("No such policy.")


async def _gone(request: web.Request) -> web.Response:
    raise Gone("It was withdrawn.", members={"tombstones": [1], "status": 200})


async def _list(request: web.Request) -> web.Response:
    return web.json_response({"limit": parse_query(request, Filters).limit, "who": request[IDENTITY].subject})


async def _plain(request: web.Request) -> web.Response:
    parse_query(request, Query)
    return web.json_response({})


async def _create(request: web.Request) -> web.Response:
    return web.json_response({"title": (await parse_body(request, Note)).title})


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    settings = ServiceSettings(internal_key=SecretStr(KEY), redis_url=SecretStr("redis://127.0.0.1:1/0"))
    app = create_base_app(settings, service="policy")
    app.router.add_get("/broken", _broken)
    app.router.add_get("/missing", _missing)
    app.router.add_get("/gone", _gone)
    app.router.add_get("/list", _list)
    app.router.add_post("/list", _create)
    app.router.add_get("/plain", _plain)
    watch_health(app)
    token = InternalTokens(KEY, "gateway").mint(ANONYMOUS, "policy")
    async with running(app) as base, aiohttp.ClientSession(base, headers={INTERNAL_HEADER: token}) as session:
        yield session


async def test_an_unexpected_error_says_only_the_request_id(client: aiohttp.ClientSession) -> None:
    async with client.get("/broken", headers={"X-Request-ID": "abcdefgh12345678"}) as response:
        text = await response.text()
        assert response.status == 500
        assert response.content_type == "application/problem+json"
        assert "abcdefgh12345678" in text
        assert "secret detail" not in text


async def test_a_domain_error_is_a_problem(client: aiohttp.ClientSession) -> None:
    async with client.get("/missing") as response:
        problem = await response.json()
        assert (response.status, problem["type"], problem["detail"]) == (
            404,
            "/docs/errors#not-found",
            "No such policy.",
        )
        assert problem["instance"] == "/missing"


async def test_unknown_addresses_and_methods_are_problems(client: aiohttp.ClientSession) -> None:
    async with client.get("/nowhere") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")
    async with client.delete("/list") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, POST")


async def test_an_unknown_parameter_is_named(client: aiohttp.ClientSession) -> None:
    async with client.get("/list", params={"limt": "3", "limit": "x"}) as response:
        problem = await response.json()
        assert response.status == 400
        assert {e["pointer"] for e in problem["errors"]} == {"limt", "limit"}


async def test_an_address_without_parameters_says_so(client: aiohttp.ClientSession) -> None:
    async with client.get("/plain", params={"limit": "3"}) as response:
        problem = await response.json()
    assert (response.status, problem["detail"]) == (400, "This address takes no parameters.")
    assert problem["errors"] == [{"detail": "is not known here", "pointer": "limit"}]


async def test_a_parameter_given_twice_or_with_nul_is_refused(client: aiohttp.ClientSession) -> None:
    for query in ("limit=1&limit=2", "limit=%00"):
        async with client.get(f"/list?{query}") as response:
            assert response.status == 400


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"title": "a\\u0000"}', "application/json", 400),
        (b'{"title": "\\ud800"}', "application/json", 400),
        (b'{"title": 3}', "application/json", 422),
        (b'{"title": "a", "role": "admin"}', "application/json", 422),
        (b"title=a", "application/x-www-form-urlencoded", 415),
        (b'{"title": "' + b"a" * 1_100_000 + b'"}', "application/json", 413),
        (b"[" * 200_000, "application/json", 400),
        (b'{"title": "a", "title": "b"}', "application/json", 400),
        (b'{"title": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ('{"title": "a"}'.encode("utf-16"), "application/json", 400),
        (b'{"title": "a"}', "application/json", 200),
        (b'\xef\xbb\xbf{"title": "a"}', "application/json", 200),
    ],
)
async def test_bodies(client: aiohttp.ClientSession, body: bytes, content_type: str, status: int) -> None:
    async with client.post("/list", data=io.BytesIO(body), headers={"Content-Type": content_type}) as response:
        assert response.status == status, await response.text()


@pytest.mark.parametrize("levels", [65, 940, 944, 948, 952, 956, 960, 970, 980, 990, 100_000])
async def test_a_body_that_is_nested_too_deep_is_refused(client: aiohttp.ClientSession, levels: int) -> None:
    body = b'{"title": ' + b"[" * levels + b"]" * levels + b"}"
    async with client.post("/list", data=io.BytesIO(body), headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400, await response.text()


@pytest.mark.parametrize("number", ["1_0", "+5", " 5", "5 ", "1e1", "0x5", "", "9" * 400])
async def test_a_number_is_written_in_digits(client: aiohttp.ClientSession, number: str) -> None:
    async with client.get("/list", params={"limit": number}) as response:
        assert response.status == 400
        assert (await response.json())["errors"] == [{"detail": "must be a whole number", "pointer": "limit"}]


async def test_what_is_wrong_is_said_in_words_of_the_api(client: aiohttp.ClientSession) -> None:
    async with client.post("/list", json={"title": "", "tag": "1", "sort": "x"}) as response:
        found = {one["pointer"]: one["detail"] for one in (await response.json())["errors"]}
    assert found == {"#/title": "must not be empty", "#/tag": "is not known here", "#/sort": "is not known here"}
    async with client.post("/list", json={}) as response:
        assert (await response.json())["errors"] == [{"detail": "is required", "pointer": "#/title"}]
    async with client.get("/list", params={"limit": "-1"}) as response:
        assert (await response.json())["errors"] == [{"detail": "must be at least 1", "pointer": "limit"}]


async def test_what_the_gateway_lets_pass_is_read(client: aiohttp.ClientSession) -> None:
    async with client.get("/list", headers={"X-Long": "a" * 16_384, "Cookie": "a=" + "b" * 16_000}) as response:
        assert response.status == 200
    async with client.get("/list?limit=" + "9" * 8_192) as response:
        assert (response.status, response.content_type) == (400, "application/problem+json")
    async with client.get("/list", headers={f"X-{number}": "a" for number in range(120)}) as response:
        assert response.status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_whatever_the_coding_the_refusal_is_a_problem(client: aiohttp.ClientSession, coding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    async with client.post("/list", data=b"no such stream", headers=headers) as response:
        assert (response.status, response.content_type) == (415, "application/problem+json")


async def test_health_pages_need_no_token_and_the_rest_does(client: aiohttp.ClientSession) -> None:
    for path in ("/livez", "/readyz", "/health", "/metrics"):
        async with client.get(path, headers={INTERNAL_HEADER: "wrong"}) as response:
            assert response.status == 200, path
    async with client.get("/list", headers={INTERNAL_HEADER: "wrong"}) as response:
        assert response.status == 401


async def test_requests_are_counted_by_route(client: aiohttp.ClientSession) -> None:
    async with client.get("/list") as response:
        assert response.status == 200
    async with client.get("/metrics") as response:
        text = await response.text()
    assert 'http_server_request_duration_seconds_count{method="GET",route="/list",status="200"} 1.0' in text


async def test_a_problem_may_tell_more_than_every_problem_does(client: aiohttp.ClientSession) -> None:
    async with client.get("/gone") as response:
        body = await response.json()
    assert body["status"] == response.status == 410
    assert body["tombstones"] == [1]
