"""openapi.yaml against the service: the same addresses, and answers of the described shapes."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from pydantic import SecretStr

from services.policy.app import create_app
from services.policy.openapi import description
from services.policy.settings import PolicySettings
from shared.web import OPERATIONS
from tests.policy.policy_service import KEY

ACT = "/api/v1/policies/xx/act/A-1.3"
ANSWERS = [
    ("/api/v1/policies?limit=2&count=exact", 200),
    ("/api/v1/policies?sort=date&lang=fr", 200),
    ("/api/v1/policies?sort=size", 400),
    (ACT, 200),
    ("/api/v1/policies/xx/act/none", 404),
    (f"{ACT}/en@2021-01-01", 200),
    (f"{ACT}/en@2021-01-01?content=html", 200),
    (f"{ACT}/en@2021-01-01?content=none", 200),
    (f"{ACT}/en@2021-01-01.html", 200),
    (f"{ACT}/en@1999-01-01", 404),
    (f"{ACT}/en@2021-01-01/~sec_2.1", 200),
    (f"{ACT}/en@2021-01-01/~sec_2.1__subsec_1", 200),
    (f"{ACT}/en@2021-01-01/~sec_2.1.xml", 200),
    (f"{ACT}/citations?direction=in", 200),
    (f"{ACT}/timeline?lang=en", 200),
    (f"{ACT}/diff?from=2020-01-01&to=2021-01-01&lang=en", 200),
    (f"{ACT}/diff?format=html", 200),
    (f"{ACT}/diff?format=text", 200),
    (f"{ACT}/diff?from=1999-01-01", 404),
    (f"{ACT}/blame?date=2021-06-01", 200),
    (f"{ACT}/provisions/sec_2.1/history", 200),
    (f"{ACT}/provisions/sec_99/history", 404),
    ("/api/v1/policies/xx/regulation/R-1/citations", 200),
    ("/api/v1/search?q=peace", 200),
    ("/api/v1/search?q=", 400),
    ("/api/v1/search?q=peace&sort=date&facets=kind,year&from=1900-01-01", 200),
    ("/api/v1/search?q=peace&facets=colour", 400),
    ("/api/v1/suggest?q=no", 200),
    ("/api/v1/jurisdictions", 200),
    ("/api/v1/kinds", 200),
    ("/api/v1/stats", 200),
]


class Request:
    """A GET, as openapi-core wants to see it."""

    method = "get"
    content_type = ""
    body = None

    def __init__(self, base: str, path: str) -> None:
        self.host_url = base
        self.path, _, query = path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        self.parameters = RequestParameters(query=pairs)
        self.full_url_pattern = f"{base}{self.path}" + (f"?{urlencode(pairs)}" if pairs else "")


class Answer:
    """A response, as openapi-core wants to see it."""

    def __init__(self, response: aiohttp.ClientResponse, data: bytes) -> None:
        self.status_code = response.status
        self.headers = dict(response.headers)
        self.content_type = response.content_type
        self.data = data


@pytest.fixture(scope="module")
def openapi() -> OpenAPI:
    readers: dict[str, Callable[[bytes], Any]] = {
        "application/problem+json": json.loads,
        "application/akn+xml": bytes.decode,
    }
    config = Config(extra_media_type_deserializers=readers)
    return OpenAPI.from_dict(description(), config=config)


@pytest.mark.parametrize(("path", "status"), ANSWERS)
async def test_an_answer_is_as_described(
    policy: aiohttp.ClientSession, openapi: OpenAPI, path: str, status: int
) -> None:
    async with policy.get(path) as response:
        data = await response.read()
        assert response.status == status, data
        request, answer = Request("http://policy", path), Answer(response, data)
        openapi.validate_response(request, answer)


async def test_a_wrong_shape_would_be_noticed(policy: aiohttp.ClientSession, openapi: OpenAPI) -> None:
    async with policy.get("/api/v1/stats") as response:
        answer = Answer(response, b'{"works": "many"}')
    with pytest.raises(Exception, match=r"(?i)invalid"):
        openapi.validate_response(Request("http://policy", "/api/v1/stats"), answer)


def test_every_route_is_described_and_every_description_routed() -> None:
    settings = PolicySettings(
        internal_key=SecretStr(KEY),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        database_url=SecretStr("postgresql://127.0.0.1:1/none"),
        cursor_key=SecretStr(KEY),
    )
    routed = {
        (route.method.lower(), route.resource.canonical)
        for route in create_app(settings).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    public = {(m, p) for m, p in routed if p not in OPERATIONS and not p.startswith("/internal/")}
    described = {
        (method, path)
        for path, item in description()["paths"].items()
        for method in item
        if method in ("get", "put", "post", "patch", "delete")
    }
    assert public == described


async def test_the_description_is_served_to_the_gateway(policy: aiohttp.ClientSession) -> None:
    async with policy.get("/internal/openapi.json") as response:
        assert (response.status, response.content_type) == (200, "application/json")
        assert await response.json() == description()
