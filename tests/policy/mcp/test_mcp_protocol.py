"""The rules of the Model Context Protocol over HTTP, by bare requests."""

import base64
import json
from typing import Any

import aiohttp
import pytest
from openapi_core import OpenAPI

from tests.policy.answers import described
from tests.policy.documents.test_documents_openapi import Answer, Request
from tests.policy.mcp.messages import ACCEPT, ADDRESS, ENVELOPE, MODERN, modern, post, request

PING = request("ping")
NOTE = {"jsonrpc": "2.0", "method": "notifications/initialized"}
JSON = "application/json"
PROBLEM = "application/problem+json"
OLD = {"MCP-Protocol-Version": "2025-06-18"}
DEEP = b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"a": %s}}'

HANDSHAKE_CASES: list[tuple[str, Any, dict[str, str], int, str, int | None]] = [
    ("ping", PING, {}, 200, JSON, None),
    ("ping of a named revision", PING, OLD, 200, JSON, None),
    ("unknown revision", PING, {"MCP-Protocol-Version": "1900-01-01"}, 400, JSON, -32022),
    ("notification", NOTE, {}, 202, "application/octet-stream", None),
    ("response", {"jsonrpc": "2.0", "id": 1, "result": {}}, {}, 202, "application/octet-stream", None),
    ("unknown method", request("prompts/list"), {}, 200, JSON, -32601),
    ("unknown tool", request("tools/call", name="amend", arguments={}), {}, 200, JSON, -32602),
    ("arguments that are a list", request("tools/call", name="search", arguments=[]), {}, 200, JSON, -32602),
    ("resource of nowhere", request("resources/read", uri="/api/v1/policies/xx/act/none/en"), {}, 200, JSON, -32002),
    ("resource that is no address", request("resources/read", uri="file:///etc/passwd"), {}, 200, JSON, -32602),
    ("cursor made elsewhere", request("resources/list", cursor="AAAA"), {}, 200, JSON, -32602),
    ("initialize without a revision", request("initialize"), {}, 200, JSON, -32602),
    ("no JSON", b"{", {}, 400, JSON, -32700),
    ("a name given twice", b'{"jsonrpc": "2.0", "jsonrpc": "2.0"}', {}, 400, JSON, -32700),
    ("63 levels", DEEP % (b"[" * 62 + b"]" * 62), {}, 200, JSON, None),
    ("too deep", DEEP % (b"[" * 63 + b"]" * 63), {}, 400, JSON, -32700),
    ("as deep as the interpreter goes", DEEP % (b"[" * 950 + b"]" * 950), {}, 400, JSON, -32700),
    ("far too deep", DEEP % (b"[" * 90_000 + b"]" * 90_000), {}, 400, JSON, -32700),
    ("text", "ping", {}, 400, JSON, -32600),
    ("another JSON-RPC", PING | {"jsonrpc": "1.0"}, {}, 400, JSON, -32600),
    ("no method", {"jsonrpc": "2.0", "id": 1}, {}, 400, JSON, -32600),
    ("id of null", PING | {"id": None}, {}, 400, JSON, -32600),
    ("id that is true", PING | {"id": True}, {}, 400, JSON, -32600),
    ("parameters by place", PING | {"params": [1]}, {}, 400, JSON, -32600),
    ("too large", b'"' + b"x" * 1_048_576 + b'"', {}, 413, PROBLEM, None),
    ("no JSON by name", b"ping", {"Content-Type": "text/plain"}, 415, PROBLEM, None),
    ("wants streams only", PING, {"Accept": "text/event-stream"}, 406, PROBLEM, None),
    ("wants JSON only", PING, {"Accept": "application/json;q=0.5"}, 200, JSON, None),
    ("batch", [PING, NOTE, request("nothing")], {}, 200, JSON, None),
    ("batch of notifications", [NOTE, NOTE], {}, 202, "application/octet-stream", None),
    ("batch in a revision that has none", [PING], OLD, 400, JSON, -32600),
    ("empty batch", [], {}, 400, JSON, -32600),
    ("long batch", [PING] * 11, {}, 400, JSON, -32600),
    ("initialize in a batch", [request("initialize", protocolVersion="2025-03-26")], {}, 400, JSON, -32600),
]
GOOD, HEADERS = modern("tools/call", name="outline", arguments={"address": "/api/v1/policies/xx/act/A-1.3"})
MODERN_CASES: list[tuple[str, Any, dict[str, str], int, int | None]] = [
    ("call", GOOD, HEADERS, 200, None),
    ("encoded name", GOOD, HEADERS | {"Mcp-Name": f"=?base64?{base64.b64encode(b'outline').decode()}?="}, 200, None),
    ("badly encoded name", GOOD, HEADERS | {"Mcp-Name": "=?base64?!?="}, 400, -32020),
    ("another name", GOOD, HEADERS | {"Mcp-Name": "search"}, 400, -32020),
    ("another method", GOOD, HEADERS | {"Mcp-Method": "tools/list"}, 400, -32020),
    ("no method", GOOD, {name: HEADERS[name] for name in ("MCP-Protocol-Version", "Mcp-Name")}, 400, -32020),
    ("revision in the body only", GOOD, {name: HEADERS[name] for name in ("Mcp-Method", "Mcp-Name")}, 400, -32020),
    ("an older revision in the header", GOOD, HEADERS | OLD, 400, -32020),
    ("nothing of the caller", request("tools/list"), {"MCP-Protocol-Version": MODERN}, 400, -32602),
    ("discover", *modern("server/discover"), 200, None),
    ("handshake", *modern("initialize", protocolVersion=MODERN), 404, -32601),
    ("unknown method", *modern("prompts/list"), 404, -32601),
    ("unknown tool", *modern("tools/call", name="amend", arguments={}), 400, -32602),
    ("resource of nowhere", *modern("resources/read", uri="/api/v1/policies/xx/act/none/en"), 400, -32602),
    ("batch", [GOOD], HEADERS, 400, -32600),
    ("notification", NOTE, HEADERS, 202, None),
]


@pytest.fixture(scope="module")
def openapi() -> OpenAPI:
    return described()


@pytest.mark.parametrize(
    ("body", "headers", "status", "media", "code"),
    [pytest.param(*rest, id=name) for name, *rest in HANDSHAKE_CASES],
)
async def test_messages_of_handshake_revisions(
    policy: aiohttp.ClientSession, body: Any, headers: dict[str, str], status: int, media: str, code: int | None
) -> None:
    found, kind, answer = await post(policy, body, headers)
    assert (found, kind) == (status, media), answer
    if code is not None:
        assert answer["error"]["code"] == code
        assert "result" not in answer
    elif isinstance(answer, list):
        assert [("result" in one, one["id"]) for one in answer] == [(True, 7), (False, 7)]
    elif status == 200:
        assert (answer["id"], answer["result"]) == (7, {})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"), [pytest.param(*rest, id=name) for name, *rest in MODERN_CASES]
)
async def test_messages_of_modern_revisions(
    policy: aiohttp.ClientSession, body: Any, headers: dict[str, str], status: int, code: int | None
) -> None:
    found, _, answer = await post(policy, body, headers)
    assert found == status, answer
    if code is not None:
        assert answer["error"]["code"] == code
    elif answer is not None:
        assert answer["result"]["resultType"] == "complete"
        assert answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "open-policy-platform"


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [("2025-11-25", "2025-11-25"), ("2025-03-26", "2025-03-26"), ("2024-11-05", "2025-11-25"), ("new", "2025-11-25")],
)
async def test_the_handshake_agrees_on_a_revision(policy: aiohttp.ClientSession, asked: str, agreed: str) -> None:
    body = request("initialize", protocolVersion=asked, capabilities={}, clientInfo={"name": "t", "version": "1"})
    status, _, answer = await post(policy, body)
    assert status == 200
    assert answer["result"]["protocolVersion"] == agreed
    assert set(answer["result"]["capabilities"]) == {"tools", "resources"}


async def test_an_unsupported_revision_is_told_which_are_supported(policy: aiohttp.ClientSession) -> None:
    body, headers = modern("tools/list")
    body["params"]["_meta"] = ENVELOPE | {"io.modelcontextprotocol/protocolVersion": "2030-01-01"}
    status, _, answer = await post(policy, body, headers | {"MCP-Protocol-Version": "2030-01-01"})
    assert status == 400
    assert answer["error"]["data"] == {
        "supported": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"], "requested": "2030-01-01",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_no_stream_and_no_session(policy: aiohttp.ClientSession, method: str) -> None:
    async with policy.request(method, ADDRESS, headers={"Accept": "text/event-stream"}) as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


async def test_header_fields_given_twice_are_refused(policy: aiohttp.ClientSession) -> None:
    headers = [*HEADERS.items(), ("Mcp-Name", "search"), ("Accept", ACCEPT), ("Content-Type", JSON)]
    async with policy.post(ADDRESS, headers=headers, data=json.dumps(GOOD)) as response:
        assert (response.status, response.content_type) == (400, PROBLEM)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8080", 200), ("http://localhost:8081", 403), ("http://localhost:8080.evil.example", 403),
        ("https://localhost:8080", 403), ("null", 403), ("", 403),
    ],
)  # fmt: skip
async def test_scripts_of_other_sites_are_refused(policy: aiohttp.ClientSession, origin: str, status: int) -> None:
    found, media, answer = await post(policy, PING, {"Origin": origin})
    assert found == status
    assert status == 200 or (media == PROBLEM and "MCP_ORIGINS" in answer["detail"])


@pytest.mark.parametrize("body", [PING, request("nothing"), [PING, NOTE], {"jsonrpc": "2.0"}, GOOD])
async def test_answers_are_as_described(policy: aiohttp.ClientSession, openapi: OpenAPI, body: Any) -> None:
    async with policy.post(ADDRESS, json=body) as response:
        data = await response.read()
        sent = Request("http://policy", ADDRESS)
        sent.method = "post"
        openapi.validate_response(sent, Answer(response, data))
