"""Answers messages of the Model Context Protocol. Nothing is remembered between two of them."""

from typing import Any

from services.policy.mcp import resources, tools
from services.policy.mcp.domain import (
    HANDSHAKE,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MODERN,
    RESOURCE_NOT_FOUND,
    SERVER_KEY,
    Fault,
    Message,
    agreed_version,
)
from services.policy.mcp.holdings import Holdings

SERVER = {"name": "open-policy-platform", "title": "Open Policy Platform", "version": "1"}
CAPABILITIES: dict[str, Any] = {"tools": {}, "resources": {}}
INSTRUCTIONS = (
    "Laws, regulations, by-laws and motions with every version held, each provision at a permanent address. Quote only "
    "words that `provision` returned; give with each quotation its address, its date and, when it is not in force or "
    "not the current text, that fact. Find with `search`, see what a policy contains with `outline`, read with "
    "`provision`, tell changes with `timeline` and `diff`, and check citations with `verify`."
)
_KEEP = {"ttlMs": 3_600_000, "cacheScope": "public"}
_KEEP_BRIEFLY = {"ttlMs": 60_000, "cacheScope": "public"}


async def answer(holdings: Holdings, message: Message, *, modern: bool) -> dict[str, Any]:
    """The result for a request; raises Fault."""
    result = await _modern(holdings, message) if modern else await _handshake(holdings, message)
    return {**result, "resultType": "complete", "_meta": {SERVER_KEY: SERVER}} if modern else result


async def _modern(holdings: Holdings, message: Message) -> dict[str, Any]:
    if message.method == "server/discover":
        supported = [*MODERN, *HANDSHAKE]
        return {"supportedVersions": supported, **_about(), **_KEEP}
    result = await _common(holdings, message, not_found=INVALID_PARAMS)
    if message.method == "tools/call":
        return result
    return {**result, **(_KEEP_BRIEFLY if message.method in ("resources/list", "resources/read") else _KEEP)}


async def _handshake(holdings: Holdings, message: Message) -> dict[str, Any]:
    if message.method == "initialize":
        return {
            "protocolVersion": agreed_version(message.params.get("protocolVersion")),
            "serverInfo": SERVER,
            **_about(),
        }
    if message.method == "ping":
        return {}
    return await _common(holdings, message, not_found=RESOURCE_NOT_FOUND)


async def _common(holdings: Holdings, message: Message, *, not_found: int) -> dict[str, Any]:
    params = message.params
    match message.method:
        case "tools/list":
            return {"tools": tools.listed()}
        case "tools/call":
            return await tools.call(holdings, params.get("name"), params.get("arguments", {}))
        case "resources/list":
            return await resources.page(holdings, params.get("cursor"))
        case "resources/templates/list":
            return resources.templates(holdings)
        case "resources/read":
            try:
                return await resources.read(holdings, params.get("uri"))
            except resources.NotHere as error:
                raise Fault(not_found, str(error), {"uri": params.get("uri")}) from None
        case _:
            raise Fault(METHOD_NOT_FOUND, "Method not found")


def _about() -> dict[str, Any]:
    return {"capabilities": CAPABILITIES, "instructions": INSTRUCTIONS}
