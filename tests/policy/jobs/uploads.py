"""Calling the API of imports as somebody, and sending it files."""

import contextlib
import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.policy.policy_service import KEY, serving

BY_LAW = """---
jurisdiction: ca-example-town
kind: by-law
number: "{number}"
lang: en
date: 2024-06-01
title: By-law {number}
---

## 1. Rule

Nobody whistles on quay {number}.
"""


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return packed.getvalue()


def form(data: bytes, filename: str, **fields: str) -> aiohttp.FormData:
    """The form of an upload."""
    made = aiohttp.FormData()
    for name, value in fields.items():
        made.add_field(name, value)
    made.add_field("file", data, filename=filename)
    return made


class Api:
    """The running service, called as one account or another."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def call(
        self, who: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, data: Any = None
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        """`who` is `role` or `role:name`. Status, JSON and headers of the answer."""
        async with self.session.request(
            method, path, data=data, headers={**as_account(who), **(headers or {})}
        ) as response:
            return response.status, await response.json(content_type=None), response.headers

    async def upload(self, data: bytes, filename: str, *, who: str = "editor:ed", **fields: str) -> dict[str, Any]:
        """The import that an upload begins."""
        status, body, _ = await self.call(who, "POST", "/api/v1/imports", data=form(data, filename, **fields))
        assert status == 202, body
        return body


def as_account(who: str, areas: str = "*") -> dict[str, str]:
    """The headers of a call by `who`."""
    role, _, name = who.partition(":")
    identity = Identity(name or role, Role(role), areas=areas)
    return {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(identity, "policy")}


@contextlib.asynccontextmanager
async def api(database_url: str) -> AsyncIterator[Api]:
    """The service on a real socket."""
    async with serving(database_url) as session:
        yield Api(session)
