"""What may be asked of the log and of the export; and that answers are as openapi.yaml describes them."""

import json

import aiohttp
import pytest
from openapi_core import Config, OpenAPI

from services.policy.openapi import description
from tests.policy.documents.test_documents_openapi import Answer, Request
from tests.policy.exports.export_reader import read_manifest


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("after=6", "after"),
        ("after=-1", "after"),
        ("after=x", "after"),
        ("limit=201", "limit"),
        ("since=1", "since"),
        ("kind=Act", "kind"),
        ("after=1&after=2", "after"),
    ],
)
async def test_what_cannot_be_asked_is_named(still_policy: aiohttp.ClientSession, query: str, says: str) -> None:
    async with still_policy.get(f"/api/v1/changes?{query}") as response:
        assert (response.status, response.content_type) == (400, "application/problem+json")
        assert says in [error["pointer"] for error in (await response.json())["errors"]]


@pytest.mark.parametrize("seq", ["0", "6", "x", "9" * 30, "²"])
async def test_no_such_change(still_policy: aiohttp.ClientSession, seq: str) -> None:
    async with still_policy.get(f"/api/v1/changes/{seq}") as response:
        assert response.status == 404


@pytest.mark.parametrize("name", ["0" * 64 + ".ndjson.gz", "0" * 64, "x.ndjson.gz", "é" * 64 + ".ndjson.gz"])
async def test_no_such_part(still_policy: aiohttp.ClientSession, name: str) -> None:
    async with still_policy.get(f"/api/v1/bulk/{name}") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("address", ["/api/v1/bulk?jurisdiction=xx", "/api/v1/changes/1?lang=en"])
async def test_unknown_parameters_are_named(still_policy: aiohttp.ClientSession, address: str) -> None:
    async with still_policy.get(address) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/changes", 200),
        ("/api/v1/changes?after=2&limit=1&lang=en", 200),
        ("/api/v1/changes?after=100", 400),
        ("/api/v1/changes/1", 200),
        ("/api/v1/changes/99", 404),
        ("/api/v1/bulk", 200),
        ("PART", 200),
        ("/api/v1/bulk/none.ndjson.gz", 404),
    ],
)
async def test_an_answer_is_as_described(still_policy: aiohttp.ClientSession, path: str, status: int) -> None:
    if path == "PART":
        path = (await read_manifest(still_policy))["parts"][0]["href"]
    config = Config(extra_media_type_deserializers={"application/problem+json": json.loads, "application/gzip": bytes})
    openapi = OpenAPI.from_dict(description(), config=config)
    async with still_policy.get(path) as response:
        data = await response.read()
        assert response.status == status, data
        openapi.validate_response(Request("http://policy", path), Answer(response, data))
