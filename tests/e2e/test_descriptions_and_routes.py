"""Each service's openapi.yaml against its application and against the gateway, both ways."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from services.auth import openapi as auth_openapi
from services.auth.app import create_app as create_auth
from services.auth.settings import AuthSettings
from services.gateway.operations.openapi import merge
from services.gateway.routes import Service, find_route
from services.policy import openapi as policy_openapi
from services.policy.app import create_app as create_policy
from services.policy.settings import PolicySettings
from services.web.app import create_app as create_web
from services.web.settings import WebSettings
from shared.web import OPERATIONS
from tests.web.web_stack import KEY, NOWHERE

METHODS = frozenset({"get", "put", "post", "patch", "delete"})
SECRET = SecretStr(KEY)
COMMON: dict[str, Any] = {"internal_key": SECRET, "redis_url": SecretStr("redis://127.0.0.1:1/0")}
DATABASE = SecretStr("postgresql://127.0.0.1:1/none")


def auth_app() -> web.Application:
    return create_auth(AuthSettings(
        **COMMON, database_url=DATABASE, password_pepper=SECRET, key_encryption_key=SECRET, cursor_key=SECRET,
    ))  # fmt: skip


def policy_app() -> web.Application:
    return create_policy(PolicySettings(**COMMON, database_url=DATABASE, cursor_key=SECRET))


def web_app() -> web.Application:
    return create_web(WebSettings(**COMMON, auth_url=NOWHERE, policy_url=NOWHERE))


def routed(app: web.Application) -> set[tuple[str, str]]:
    """Method and address of every public route."""
    found = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    return {(m, path) for m, path in found if path not in OPERATIONS and not path.startswith("/internal/")}


def described(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(method, path) for path, item in document["paths"].items() for method in METHODS & item.keys()}


@pytest.mark.parametrize(
    ("service", "app", "document"),
    [
        (Service.AUTH, auth_app, auth_openapi.description()),
        (Service.POLICY, policy_app, policy_openapi.description()),
    ],
)
async def test_what_is_routed_is_described_and_reached_through_the_gateway(
    service: Service, app: Any, document: Mapping[str, Any]
) -> None:
    assert routed(app()) == described(document)
    astray = {path for _, path in described(document) if find_route(path).service is not service}
    assert not astray


async def test_the_web_service_has_no_api_of_its_own() -> None:
    pages = {path for _, path in routed(web_app())}
    assert {path for path in pages if find_route(path).service is not Service.WEB} == set()


def test_operations_have_names_of_their_own() -> None:
    merged = merge({"auth": auth_openapi.description(), "policy": policy_openapi.description()}, "http://x")
    names = [merged["paths"][path][method]["operationId"] for method, path in described(merged)]
    assert len(names) == len(set(names))


async def test_the_gateway_says_of_every_operation_what_it_may_answer_itself(platform: str) -> None:
    async with aiohttp.ClientSession(platform) as client, client.get("/api/v1/openapi.json") as response:
        merged = await response.json()
    for method, path in described(merged):
        operation = merged["paths"][path][method]
        assert {"401", "414", "429", "431", "502", "503", "504"} <= operation["responses"].keys(), path
        assert "requestBody" not in operation or {"413", "415"} <= operation["responses"].keys(), path
