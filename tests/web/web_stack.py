"""The web service with real auth, policy, PostgreSQL and Valkey, and the sample policies imported."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app as create_auth
from services.auth.settings import AuthSettings
from services.policy.app import create_app as create_policy
from services.policy.settings import PolicySettings
from services.web.app import create_app as create_web
from services.web.settings import WebSettings
from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.mailbox import letters, mailed_token
from tests.serving import running

KEY = "internal-0123456789abcdefghijklmnopqrstuvwxyz"
PUBLIC_URL = "http://localhost:8080"
PASSWORD = "plum-Orbit-94-tangerine"
ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "services" / "policy" / "sample"
NOISE = "/ca-port-lumen/by-law/2016-04"
NOWHERE = "http://127.0.0.1:1"  # connections are refused at once


def import_sample(database: DatabaseUrls) -> None:
    """Bring the sample policies in."""
    import_akoma_ntoso(database, SAMPLE)


def import_akoma_ntoso(database: DatabaseUrls, source: Path) -> None:
    """Import with the program that an operator would use."""
    command = [sys.executable, "-m", "services.policy", "import", "akoma-ntoso", str(source)]
    environment = os.environ | {"DATABASE_URL": database.policy_url}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.asynccontextmanager
async def running_auth(
    database: DatabaseUrls, redis_url: str, public_url: str = PUBLIC_URL, **more: Any
) -> AsyncIterator[str]:
    """The auth service; passwords are hashed quickly."""
    settings = AuthSettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), public_url=public_url, bcrypt_cost=4,
        database_url=SecretStr(database.auth_url), password_pepper=SecretStr(KEY[::-1]),
        key_encryption_key=SecretStr("k" + KEY), cursor_key=SecretStr("c" + KEY), **{"two_factor_roles": "", **more},
    )  # fmt: skip
    async with running(create_auth(settings)) as base:
        yield base


@contextlib.asynccontextmanager
async def running_policy(database: DatabaseUrls, redis_url: str) -> AsyncIterator[str]:
    """The policy service."""
    settings = PolicySettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), public_url=PUBLIC_URL,
        database_url=SecretStr(database.policy_url), cursor_key=SecretStr("c" + KEY),
    )  # fmt: skip
    async with running(create_policy(settings)) as base:
        yield base


@contextlib.asynccontextmanager
async def running_web(
    auth: str, policy: str, redis_url: str, public_url: str = PUBLIC_URL, **more: Any
) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """The web service, and a session to call it with."""
    settings = WebSettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), auth_url=auth, policy_url=policy,
        public_url=public_url, **more,
    )  # fmt: skip
    async with (
        running(create_web(settings)) as base,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield base, session


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the web service."""

    status: int
    text: str
    headers: Mapping[str, str]
    cookies: dict[str, str]
    """As set by this answer; an empty value deletes."""
    set_cookie: tuple[str, ...]

    def ids(self) -> set[str]:
        return set(re.findall(r'\sid="([^"]*)"', self.text))

    def hrefs(self) -> list[str]:
        return [unescape(href) for href in re.findall(r'\shref="([^"]*)"', self.text)]

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return unescape(found.group(1))


@dataclass(slots=True)
class Browser:
    """Keeps cookies, as a browser does, and shows the gateway's token."""

    base: str
    session: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)
    mailbox: DatabaseUrls | None = None
    """Where letters are found."""

    async def get(self, path: str, **headers: str) -> Page:
        """Fetch a page; redirects are not followed. Underscores in header names stand for hyphens."""
        return await self._send("GET", path, headers)

    async def head(self, path: str) -> Page:
        """Fetch the headers of a page or file."""
        return await self._send("HEAD", path, {})

    async def post(self, path: str, fields: Mapping[str, str] | bytes, **headers: str) -> Page:
        """Send a form as it is; bytes are its body."""
        return await self._send("POST", path, headers, data=fields if isinstance(fields, bytes) else dict(fields))

    async def submit(self, path: str, fields: Mapping[str, str], *, shown_at: str = "") -> Page:
        """Open the page of a form, fill it in and send it."""
        shown = await self.get(shown_at or path)
        return await self.post(path, {"form_token": shown.hidden("form_token"), **fields}, Sec_Fetch_Site="same-origin")

    async def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        return await self.submit("/login", {"email": email, "password": password})

    async def register(self, email: str, password: str = PASSWORD, name: str = "Ada Reader") -> Page:
        """Register and, where that opened an account, press the button of the page that the letter leads to.

        Returns the answer to the registration.
        """
        page = await self.submit("/register", {"display_name": name, "email": email, "password": password})
        if page.status == 303 and self.mailbox is not None:
            kinds = [letter["kind"] for letter in await letters(self.mailbox, email)]
            if kinds == ["verify"]:
                token = await mailed_token(self.mailbox, email)
                done = await self.submit("/verify", {"token": token}, shown_at=f"/verify?token={token}")
                assert (done.status, done.headers["Location"]) == (303, "/verify?done"), done.text
        return page

    async def _send(self, method: str, path: str, headers: Mapping[str, str], **arguments: Any) -> Page:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent[INTERNAL_HEADER] = InternalTokens(KEY, "gateway").mint(ANONYMOUS, "web")
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.session.request(
            method, self.base + path, headers=sent, allow_redirects=False, **arguments
        ) as response:
            found = {name: morsel.value for name, morsel in response.cookies.items()}
            for name, value in found.items():
                self.cookies.pop(name, None)
                if value:
                    self.cookies[name] = value
            lines = tuple(response.headers.getall("Set-Cookie", ()))
            return Page(response.status, await response.text(errors="replace"), response.headers, found, lines)
