"""Holds an answer of the running service against openapi.yaml."""

import json
from typing import Any

import aiohttp
from openapi_core import Config, OpenAPI

from services.policy.openapi import description
from tests.policy.documents.test_documents_openapi import Answer, Request


def described() -> OpenAPI:
    """The service's description."""
    config = Config(extra_media_type_deserializers={
        "application/problem+json": json.loads, "application/octet-stream": lambda data: data.decode("latin-1"),
    })  # fmt: skip
    return OpenAPI.from_dict(description(), config=config)


async def expect_described(
    policy: aiohttp.ClientSession, openapi: OpenAPI, method: str, path: str, status: int, *, body: Any = None
) -> bytes:
    """The answer's body; fails unless it has this status and the described shape."""
    async with policy.request(method, path, json=body) as response:
        data = await response.read()
        assert response.status == status, data
        request = Request("http://policy", path)
        request.method = method.lower()
        openapi.validate_response(request, Answer(response, data))
    return data
