"""Messages of the Model Context Protocol as bare HTTP."""

import io
from collections.abc import Mapping
from typing import Any

import aiohttp

ADDRESS = "/api/v1/mcp"
ACCEPT = "application/json, text/event-stream"
MODERN = "2026-07-28"
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}


async def post(
    policy: aiohttp.ClientSession, body: Any, headers: Mapping[str, str] | None = None
) -> tuple[int, str, Any]:
    """Status, media type and JSON of the answer to `body`; bytes are sent as they are."""
    sent = {"Accept": ACCEPT, "Content-Type": "application/json", **(headers or {})}
    arguments: dict[str, Any] = {"data": io.BytesIO(body)} if isinstance(body, bytes) else {"json": body}
    async with policy.post(ADDRESS, headers=sent, **arguments) as response:
        text = await response.text()
        return response.status, response.content_type, await response.json(content_type=None) if text else None


def request(method: str, **params: Any) -> dict[str, Any]:
    """A request by the rules of handshake revisions."""
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}


def modern(method: str, **params: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A request by the rules of modern revisions, and its header fields."""
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if name := params.get("name", params.get("uri")):
        headers["Mcp-Name"] = name
    return request(method, _meta=ENVELOPE, **params), headers
