"""What is somebody else's does not exist: drafts, imports, keys and sessions, for every operation that names one."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.docs.permissions_page import OWN
from tests.security.described import Operation, operations
from tests.security.security_stack import Person, Platform

BASE = "/api/v1/policies/ca-port-lumen/by-law/2016-04/en@2024-07-01"
TEXT = b"""---
jurisdiction: ca-idor-town
kind: by-law
number: "1"
lang: en
date: 2024-06-01
title: Mine
---

## 1. Rule

Mine.
"""
KEYS, SESSIONS = "/api/v1/auth/keys", "/api/v1/auth/sessions"


async def _owned(platform: Platform, owner: Person) -> dict[str, str]:
    """A draft and an import of `owner`: their ids by what `x-own` calls them."""
    status, draft, _ = await platform.call("POST", "/api/v1/drafts", {"base": BASE}, by=owner)
    assert status == 201, draft
    form = aiohttp.FormData()
    form.add_field("importer", "markdown")
    form.add_field("file", TEXT, filename="mine.md")
    async with platform.session.post(
        f"{platform.gateway}/api/v1/imports", data=form, headers=owner.headers
    ) as response:
        made = await response.json()
        assert response.status == 202, made
    return {"drafts": str(draft["id"]), "imports": str(made["id"])}


@pytest.mark.parametrize("kind", ["drafts", "imports"])
async def test_drafts_and_imports_of_another_editor_are_not_found(platform: Platform, kind: str) -> None:
    owner, other = await platform.person("editor", fresh=True), await platform.person("editor", fresh=True)
    owned = await _owned(platform, owner)
    merged = (await platform.call("GET", "/api/v1/openapi.json"))[1]
    known = {one.name: one for one in await operations(platform)}
    tried: dict[str, tuple[int, str]] = {}
    for template, item in merged["paths"].items():
        for method in ("get", "put", "post", "patch", "delete"):
            if item.get(method, {}).get(OWN) != kind or "{id}" not in template:
                continue
            name = f"{method.upper()} {template}"
            operation = known.get(name, Operation(method.upper(), template))
            operation.path |= {"id": owned[kind]} | ({"account": other.account_id} if "{account}" in template else {})
            operation.query.clear()
            operation.headers["If-Match"] = "*"
            tried[name] = await _heard(platform, operation, other)
            absent = "00000000-0000-4000-8000-000000000000" if kind == "drafts" else "987654321"
            operation.path["id"] = absent
            assert await _heard(platform, operation, other) == tried[name], name
    # A made-up body may be refused before it is looked whose draft it is for; then nothing was looked at.
    assert {status for status, _ in tried.values()} <= {404, 422}
    assert sum(status == 404 for status, _ in tried.values()) >= (12 if kind == "drafts" else 5)
    status, listed, _ = await platform.call("GET", f"/api/v1/{kind}", by=other)
    assert (status, listed["items"]) == (200, [])
    status, found, _ = await platform.call("GET", f"/api/v1/{kind}/{owned[kind]}", by=owner)
    assert (status, found["state"]) == (200, "draft" if kind == "drafts" else "queued")
    await platform.call("POST", f"/api/v1/imports/{owned['imports']}/cancel", by=owner)


async def _heard(platform: Platform, operation: Operation, by: Person) -> tuple[int, str]:
    status, text = await operation.send(platform, by)
    return status, str(json.loads(text)["detail"])


async def test_keys_and_sessions_of_another_account_are_not_found(platform: Platform) -> None:
    owner, other = await platform.person("reader", fresh=True), await platform.person("reader", fresh=True)
    status, key, _ = await platform.call("POST", KEYS, {"name": "mine", "scopes": ["policies:read"]}, by=owner)
    assert status == 201, key
    [session] = (await platform.call("GET", SESSIONS, by=owner))[1]["items"]
    for path in (f"{KEYS}/{key['id']}", f"{SESSIONS}/{session['id']}"):
        status, problem, _ = await platform.call("DELETE", path, by=other)
        assert (status, problem["type"]) == (404, "/docs/errors#not-found"), path
    assert (await platform.call("GET", KEYS, by=other))[1]["items"] == []
    assert session["id"] not in str((await platform.call("GET", SESSIONS, by=other))[1])
    assert [one["id"] for one in (await platform.call("GET", KEYS, by=owner))[1]["items"]] == [key["id"]]
    assert (await platform.call("GET", "/api/v1/auth/me", by=owner))[0] == 200


async def test_only_administrators_reach_accounts_by_their_id(platform: Platform) -> None:
    owner, other = await platform.person("reader", fresh=True), await platform.person("reviewer")
    for one in await operations(platform):
        if one.template.startswith("/api/v1/auth/accounts/{id}"):
            one.path["id"] = owner.account_id
            for person in (owner, other):
                assert (await one.send(platform, person))[0] == 403, one.name
