"""The official client of the Model Context Protocol against the platform: through the real gateway, over the sample.

The client holds every structured answer against the tool's output schema, and so does nothing else here.
"""

import hashlib
from typing import Any

import aiohttp
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent, TextResourceContents

from tests.web.web_stack import PUBLIC_URL

NOISE = "/api/v1/policies/ca-port-lumen/by-law/2016-04"
MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy", "auto"])


def connected(platform: str, mode: str = "auto") -> Client:
    return Client(f"{platform}/api/v1/mcp", mode=mode)


async def called(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """Text and structured content of a tool's answer."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    return content.text, result.structured_content or {}


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says to what it cannot do."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert (result.is_error, result.structured_content) == (True, None)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@MODES
async def test_what_is_found_can_be_read_quoted_and_checked(platform: str, mode: str) -> None:
    async with connected(platform, mode) as client:
        assert client.protocol_version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
        if mode in ("auto", "legacy"):  # the third asks for nothing before it calls
            assert "permanent address" in (client.instructions or "")
        _, found = await called(client, "search", q="quiet hours construction", lang="en", kind="by-law", limit=5)
        first = found["items"][0]
        text, read = await called(client, "provision", address=first["address"])
        assert read["address"] == first["address"]
        assert read["address"].startswith(PUBLIC_URL + NOISE + "/en@2024-07-01/~")
        assert read["sha256"] == first["sha256"]
        for said in (read["address"], read["sha256"], read["text"], "Status: in-force", "2024-07-01", "By-law 2016-04"):
            assert said in text
        words = read["text"].splitlines()
        items = [
            {"address": read["address"], "sha256": read["sha256"]},
            {"address": read["address"], "text": read["text"]},
            {"address": read["address"], "text": words[-1] + " Not."},
            {"address": read["address"] + "9", "text": read["text"]},
            {"address": NOISE.replace("2016", "1816") + "/en", "sha256": "0" * 64},
        ]
        _, checked = await called(client, "verify", items=items)
        states = [item["state"] for item in checked["items"]]
        assert states == ["matched", "matched", "differs", "not-found", "not-held"]
    async with aiohttp.ClientSession(platform) as anybody:
        async with anybody.get(read["address"].removeprefix(PUBLIC_URL)) as response:
            assert (await response.json())["provision"]["hash"] == read["sha256"]
        address = {"address": read["address"].removeprefix(PUBLIC_URL)}
        async with anybody.get("/api/v1/verify/material", params=address) as response:
            assert hashlib.sha256(await response.read()).hexdigest() == read["sha256"]


async def test_every_tool_only_reads_and_says_what_it_takes(platform: str) -> None:
    async with connected(platform) as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == ["search", "provision", "outline", "timeline", "diff", "verify"]
    for tool in tools:
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert tool.description
        assert tool.output_schema
        assert tool.input_schema["additionalProperties"] is False


@MODES
async def test_contents_versions_and_changes(platform: str, mode: str) -> None:
    async with connected(platform, mode) as client:
        text, contents = await called(client, "outline", address=PUBLIC_URL + NOISE, date="2020-06-01")
        assert (contents["date"], contents["current"]) == ("2016-05-01", False)
        assert "OLDER TEXT, of 2016-05-01; another stands since 2021-04-01" in text
        assert "  sec_5: 5 Quiet hours" in text.splitlines()
        part = {"jurisdiction": "ca-port-lumen", "kind": "by-law", "number": "2016-04", "offset": 2, "limit": 3}
        _, few = await called(client, "outline", **part, lang="fr")
        assert [entry["eid"] for entry in few["items"]] == ["part_1", "sec_1", "sec_2"]
        text, versions = await called(client, "timeline", address=NOISE)
        assert [item["date"] for item in versions["items"]] == ["2024-07-01", "2021-04-01", "2016-05-01"]
        assert "amended by By-law 2024-11" in text
        text, changes = await called(client, "diff", address=NOISE, **{"from": "2021-04-01", "to": "2024-07-01"})
        assert (changes["summary"]["repealed"], changes["summary"]["added"]) == (1, 1)
        assert "Monday to [-Friday-]{+Thursday+}" in text
        _, page = await called(client, "diff", address=NOISE, offset=1, limit=1)
        assert page["items"] == changes["items"][1:2]


async def test_what_is_no_current_law_is_said_to_be_none(platform: str) -> None:
    async with connected(platform) as client:
        text, repealed = await called(client, "provision", address=NOISE, lang="en", eid="sec_7")
        assert (repealed["status"], repealed["in_force"]) == ("repealed", False)
        assert "repealed, not current law" in text
        text, older = await called(client, "provision", address=f"{NOISE}/en@2021-04-01/~sec_5")
        assert (older["status"], older["in_force"], older["current"]) == ("in-force", False, False)
        assert older["newer"] == f"{PUBLIC_URL}{NOISE}/en@2024-07-01"
        assert "OLDER TEXT" in text
        text, coming = await called(client, "outline", **FUTURE)
        assert coming["in_force"] is False
        assert "NOT YET; this text is to stand from 2027-01-01 on" in text


FUTURE = {"address": "/api/v1/policies/ca-port-lumen/by-law/2019-12/en", "date": "2027-01-01"}


async def test_what_a_model_can_mend_is_told_in_words(platform: str) -> None:
    async with connected(platform) as client:
        assert "is not held here" in await refused(client, "provision", address=NOISE, eid="sec_2", date="1990-01-01")
        assert "no such provision" in await refused(client, "provision", address=NOISE, eid="sec_99")
        assert "`outline` lists them" in await refused(client, "provision", address=NOISE)
        assert "No policy" in await refused(client, "timeline", address="/api/v1/policies/ca/act/none")
        assert "lan: is not known here" in await refused(client, "diff", address=NOISE, lan="en")
        assert "date" in await refused(client, "outline", address=NOISE, date="2024-02-30")
        assert "either an address or" in await refused(client, "outline", address=NOISE, kind="act")
        assert "limit: must be at most 50" in await refused(client, "search", q="noise", limit=51)
        assert "is not the address" in await refused(
            client, "verify", items=[{"address": "https://example.org/law", "text": "x"}]
        )
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("amend", {})


@MODES
async def test_policies_are_resources_at_their_addresses(platform: str, mode: str) -> None:
    async with connected(platform, mode) as client:
        uris, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            uris += [resource.uri for resource in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(uris) == len(set(uris))
        assert f"{PUBLIC_URL}{NOISE}/en@2024-07-01" in uris
        templates = (await client.list_resource_templates()).resource_templates
        assert [template.name for template in templates] == ["version", "provision"]
        for uri, words in ((uris[0], ""), (f"{PUBLIC_URL}{NOISE}/en/~sec_5", "Quiet hours")):
            (contents,) = (await client.read_resource(uri)).contents
            assert isinstance(contents, TextResourceContents)
            assert contents.uri.startswith(uri.rpartition("/en/")[0])
            assert words in contents.text
        with pytest.raises(MCPError):
            await client.read_resource(f"{PUBLIC_URL}{NOISE}/en/~sec_99")


async def test_a_browser_may_ask_and_other_sites_are_refused(platform: str) -> None:
    async with aiohttp.ClientSession(platform) as client:
        asked = {"Origin": PUBLIC_URL, "Access-Control-Request-Method": "POST"}
        async with client.options("/api/v1/mcp", headers=asked) as response:
            assert response.status == 204
            assert "POST" in response.headers["Access-Control-Allow-Methods"]
            assert "MCP-Protocol-Version" in response.headers["Access-Control-Allow-Headers"]
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        for origin, status in ((PUBLIC_URL, 200), ("http://elsewhere.example", 403)):
            async with client.post("/api/v1/mcp", json=ping, headers={"Origin": origin}) as response:
                assert response.status == status
                assert response.headers["Access-Control-Allow-Origin"] == "*"
                assert "RateLimit" in response.headers
