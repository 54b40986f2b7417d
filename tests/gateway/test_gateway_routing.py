"""Which service gets a request, with which headers; and what the answer carries back."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.gateway.conftest import KEY, RunGateway
from tests.serving import running


def echo_app(name: str) -> web.Application:
    """Answers every request with what arrived."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(
            {
                "service": name,
                "method": request.method,
                "target": request.raw_path,
                "headers": [[k, v] for k, v in request.headers.items()],
                "body": (await request.read()).decode("latin-1"),
            },
            headers={"Server": "secret/1.2", "X-Powered-By": "magic", "X-Request-ID": "forged-by-service"},
        )

    app = web.Application(client_max_size=10**9)
    app.router.add_route("*", "/{tail:.*}", echo)
    return app


@pytest.fixture
async def client(run_gateway: RunGateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with AsyncExitStack() as stack:
        urls = {
            f"{name}_url": await stack.enter_async_context(running(echo_app(name)))
            for name in ("auth", "policy", "web")
        }
        base = await stack.enter_async_context(run_gateway(**urls))
        yield await stack.enter_async_context(aiohttp.ClientSession(base, auto_decompress=False))


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "web"),
        ("/policies/ca/act/A-1", "web"),
        ("/healthy", "web"),
        ("/livez2", "web"),
        ("/api/v1/policies", "policy"),
        ("/api/v1", "policy"),
        ("/api/v1/authority", "policy"),
        ("/api/v1/auth", "auth"),
        ("/api/v1/auth/login", "auth"),
        ("/.well-known/jwks.json", "auth"),
        ("/internals", "web"),
    ],
)
async def test_prefixes_match_whole_segments(client: aiohttp.ClientSession, path: str, service: str) -> None:
    async with client.get(path) as response:
        assert response.status == 200
        assert (await response.json())["service"] == service


@pytest.mark.parametrize(
    "path", ["/internal", "/internal/sessions", "/livez/x", "/health/deep", "/metrics/", "/api", "/api/v2/policies"]
)
async def test_nothing_internal_is_reached(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.status in (404, 200)
        body = await response.json() if response.content_type.endswith("json") else {}
        assert "service" not in body


async def test_the_services_own_pages_are_the_gateways(client: aiohttp.ClientSession) -> None:
    for path in ("/livez", "/readyz"):
        async with client.get(path) as response:
            assert (await response.json())["serviceId"] == "gateway"


async def test_the_query_passes_untouched(client: aiohttp.ClientSession) -> None:
    query = "q=a%2Fb%zz+c&q=&&lang=fr%20%c3%a9"
    async with client.get("/livez") as response:
        origin = response.url.origin()
    target = URL(f"{origin}/api/v1/search?{query}", encoded=True)
    async with client.get(target, headers={"Accept-Encoding": "identity"}) as response:
        assert (await response.json())["target"] == f"/api/v1/search?{query}"


async def test_each_hop_carries_an_internal_token_and_the_request_id(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/v1/policies", headers={"X-Request-ID": "abcdefgh-1234"}) as response:
        received = dict((await response.json())["headers"])
        assert response.headers.getall("X-Request-ID") == ["abcdefgh-1234"]
    assert received["X-Request-ID"] == "abcdefgh-1234"
    identity = InternalTokens(KEY, "policy").verify(received[INTERNAL_HEADER])
    assert (identity.subject, identity.caller) == ("anonymous", "gateway")


async def test_a_malformed_request_id_is_replaced(client: aiohttp.ClientSession) -> None:
    async with client.get("/", headers={"X-Request-ID": 'x" forged="1'}) as response:
        assert 8 <= len(response.headers["X-Request-ID"]) <= 64
        assert "forged" not in response.headers["X-Request-ID"]


async def test_identity_and_origin_cannot_be_claimed(client: aiohttp.ClientSession) -> None:
    forged = {
        "X-User": "admin", "X_User": "admin", "x-user-role": "admin", "X_Internal_Token": "t", INTERNAL_HEADER: "t",
        "X-Forwarded-For": "1.2.3.4", "X_Forwarded_For": "1.2.3.4", "X-Forwarded-Host": "evil", "Forwarded": "for=1",
        "X-Real-IP": "1.2.3.4", "X_REAL_IP": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Original-URL": "/internal",
        "X-HTTP-Method-Override": "DELETE", "Remote-User": "root", "Proxy-Authorization": "Basic eA==",
        "Via": "1.1 evil",
    }  # fmt: skip
    async with client.get("/", headers=forged) as response:
        received = (await response.json())["headers"]
    names = [name.lower().replace("_", "-") for name, _ in received]
    values = {value for _, value in received}
    assert not values & {"1.1 evil", "admin", "t", "1.2.3.4", "evil", "for=1", "/internal", "DELETE", "root"}
    assert dict(received)["Via"] == "1.1 openpolicy"
    assert names.count("x-internal-token") == 1
    assert names.count("x-forwarded-for") == 1
    assert dict(received)["X-Forwarded-For"] == "127.0.0.1"
    assert dict(received)["X-Forwarded-Proto"] == "http"
    assert dict(received)["X-Forwarded-Host"] == response.request_info.headers["Host"]


async def test_hop_by_hop_and_nominated_headers_stay_behind_and_duplicates_pass(client: aiohttp.ClientSession) -> None:
    headers = [
        ("Connection", "keep-alive, X-Drop"), ("X-Drop", "1"), ("X_Drop", "2"), ("TE", "trailers"),
        ("Keep-Alive", "timeout=5"), ("Upgrade", "h2c"), ("Accept-Language", "fr"), ("Accept-Language", "en"),
        ("X-Keep", "1"), ("X-Keep", "2"), ("Accept-Encoding", "identity"),
    ]  # fmt: skip
    async with client.get("/", headers=headers) as response:
        received = (await response.json())["headers"]
    names = {name.lower().replace("_", "-") for name, _ in received}
    assert not names & {"x-drop", "te", "keep-alive", "upgrade", "connection"}
    assert [v for k, v in received if k == "Accept-Language"] == ["fr", "en"]
    assert [v for k, v in received if k == "X-Keep"] == ["1", "2"]


async def test_nothing_is_added_in_the_clients_name(client: aiohttp.ClientSession) -> None:
    skipped = ("User-Agent", "Accept", "Accept-Encoding")
    async with client.get("/", skip_auto_headers=skipped) as response:
        names = {name for name, _ in (await response.json())["headers"]}
    assert names == {
        "Host",
        "Via",
        "X-Request-ID",
        "X-Request-Deadline",
        "X-Internal-Token",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "traceparent",
    }


async def test_cookies_reach_only_the_web_service(client: aiohttp.ClientSession) -> None:
    for path, expected in (("/", True), ("/api/v1/policies", False), ("/api/v1/auth/me", False)):
        async with client.get(path, headers={"Cookie": "sid=1"}) as response:
            assert ("Cookie" in dict((await response.json())["headers"])) is expected


async def test_the_answer_tells_nothing_of_the_software(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as response:
        assert response.headers.getall("Server") == ["openpolicy"]
        assert "X-Powered-By" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Referrer-Policy" in response.headers


async def test_bytes_beyond_utf8_in_a_header_do_no_harm(client: aiohttp.ClientSession) -> None:
    async with client.get("/", headers={"X-Name": "caf\udce9"}) as response:
        assert response.status == 200


async def test_scripts_of_any_site_may_read_what_is_public(client: aiohttp.ClientSession) -> None:
    asking = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    async with client.options("/api/v1/policies", headers=asking) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "GET" in response.headers["Access-Control-Allow-Methods"]
    async with client.get("/api/v1/policies", headers=asking) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "RateLimit" in response.headers["Access-Control-Expose-Headers"]
    for method, path in (("POST", "/api/v1/policies"), ("GET", "/api/v1/auth/me"), ("GET", "/")):
        async with client.request(method, path, headers=asking) as response:
            assert "Access-Control-Allow-Origin" not in response.headers
