"""One description of the API, merged from the services'."""

from typing import Any

import aiohttp
from aiohttp import web

from services.gateway.operations.openapi import merge
from tests.gateway.conftest import RunGateway
from tests.serving import running

AUTH: dict[str, Any] = {
    "openapi": "3.1.0",
    "tags": [{"name": "accounts"}],
    "security": [{"bearer": []}],
    "paths": {
        "/api/v1/auth/me": {"get": {"responses": {"200": {"$ref": "#/components/schemas/Problem"}}}},
        "/api/v1/auth/login": {"post": {"security": [], "responses": {}}},
    },
    "components": {"schemas": {"Problem": {"type": "object"}, "Page": {"type": "string"}}},
}
POLICY: dict[str, Any] = {
    "openapi": "3.1.0",
    "tags": [{"name": "policies"}, {"name": "accounts"}],
    "paths": {"/api/v1/policies": {"get": {"schema": {"items": [{"$ref": "#/components/schemas/Page"}]}}}},
    "components": {"schemas": {"Problem": {"type": "object"}, "Page": {"type": "array"}}},
}


def describing_app(document: dict[str, Any]) -> web.Application:
    async def describe(request: web.Request) -> web.Response:
        assert request.headers["X-Internal-Token"]
        return web.json_response(document)

    app = web.Application()
    app.router.add_get("/internal/openapi.json", describe)
    return app


async def test_the_services_descriptions_become_one(run_gateway: RunGateway) -> None:
    async with (
        running(describing_app(AUTH)) as auth_url,
        running(describing_app(POLICY)) as policy_url,
        run_gateway(auth_url=auth_url, policy_url=policy_url) as base,
        aiohttp.ClientSession() as client,
    ):
        async with client.get(f"{base}/api/v1/openapi.json") as response:
            document = await response.json()
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            etag = response.headers["ETag"]
        assert set(document["paths"]) == {"/api/v1/auth/me", "/api/v1/auth/login", "/api/v1/policies"}
        async with client.get(f"{base}/api/v1/openapi.json", headers={"If-None-Match": etag}) as response:
            assert response.status == 304
        async with client.post(f"{base}/api/v1/openapi.json") as response:
            assert response.status == 405


async def test_a_service_that_is_away_is_left_out(run_gateway: RunGateway) -> None:
    async with (
        running(describing_app(POLICY)) as policy_url,
        run_gateway(policy_url=policy_url) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/api/v1/openapi.json") as response,
    ):
        assert set((await response.json())["paths"]) == {"/api/v1/policies"}


def test_equal_components_are_one_and_different_ones_keep_apart() -> None:
    merged = merge({"auth": AUTH, "policy": POLICY}, "http://platform.test/")
    schemas = merged["components"]["schemas"]
    assert schemas.pop("GatewayProblem")["type"] == "object"
    assert schemas == {"Problem": {"type": "object"}, "Page": {"type": "string"}, "PolicyPage": {"type": "array"}}
    item = merged["paths"]["/api/v1/policies"]["get"]["schema"]["items"][0]
    assert item == {"$ref": "#/components/schemas/PolicyPage"}
    assert [tag["name"] for tag in merged["tags"]] == ["accounts", "policies"]
    assert merged["servers"] == [{"url": "http://platform.test"}]


def test_a_documents_own_security_stays_with_its_operations() -> None:
    merged = merge({"auth": AUTH, "policy": POLICY}, "http://platform.test")
    assert merged["paths"]["/api/v1/auth/me"]["get"]["security"] == [{"bearer": []}]
    assert merged["paths"]["/api/v1/auth/login"]["post"]["security"] == []
    assert "security" not in merged["paths"]["/api/v1/policies"]["get"]
