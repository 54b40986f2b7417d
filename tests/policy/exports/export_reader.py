"""A reader of the export and of the log, as a program outside of the platform would be."""

import gzip
import hashlib
import json
from typing import Any

import aiohttp

Held = dict[tuple[Any, ...], dict[str, Any]]
"""Versions by jurisdiction, kind, number, language, date and revision."""


async def read_json(policy: aiohttp.ClientSession, address: str) -> Any:
    async with policy.get(address) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def read_manifest(policy: aiohttp.ClientSession) -> dict[str, Any]:
    """The manifest, once all parts are ready."""
    while True:
        manifest: dict[str, Any] = await read_json(policy, "/api/v1/bulk")
        if manifest["seq"] == manifest["last"]:
            return manifest


async def read_part(policy: aiohttp.ClientSession, part: dict[str, Any]) -> list[dict[str, Any]]:
    """The versions of a part, held against what the manifest says of it."""
    async with policy.get(part["href"]) as response:
        assert (response.status, response.content_type) == (200, "application/gzip")
        plain = gzip.decompress(await response.read())
    assert hashlib.sha256(plain).hexdigest() == part["sha256"]
    lines = [json.loads(line) for line in plain.splitlines()]
    works = {(line["work"]["jurisdiction"], line["work"]["kind"], line["work"]["number"]) for line in lines}
    assert (len(plain), len(lines), len(works)) == (part["bytes"], part["versions"], part["works"])
    return lines


async def read_snapshot(policy: aiohttp.ClientSession) -> tuple[int, Held]:
    """All versions, and the change up to which they are told."""
    manifest = await read_manifest(policy)
    held: Held = {}
    for part in manifest["parts"]:
        for line in await read_part(policy, part):
            held[key_of(line)] = line
    assert len(held) == manifest["versions"]
    assert len({key[:3] for key in held}) == manifest["works"]
    return manifest["seq"], held


async def read_changes(policy: aiohttp.ClientSession, address: str) -> list[dict[str, Any]]:
    """All changes from an address on, by following `next` until nothing is new."""
    found: list[dict[str, Any]] = []
    while True:
        page = await read_json(policy, address)
        if not page["items"]:
            return found
        found += page["items"]
        address = page["next"]


async def apply_changes(policy: aiohttp.ClientSession, held: Held, after: int) -> int:
    """Bring `held` up to date; returns the last change."""
    for event in await read_changes(policy, f"/api/v1/changes?after={after}&limit=3"):
        after = event["seq"]
        if event["event"] == "version-withdrawn":
            held.pop(key_of(event), None)
            continue
        version = (await read_json(policy, event["self"]))["version"]
        if version is not None:
            held[key_of(event)] = version
    return after


def key_of(line: dict[str, Any]) -> tuple[Any, ...]:
    work = line["work"]
    return work["jurisdiction"], work["kind"], work["number"], line["lang"], line["date"], line["revision"]
