"""The platform held against its own description, by schemathesis: every operation, every check, through the gateway.

A longer run: `API_TRIAL_EXAMPLES=300 API_TRIAL_SEED=7 .venv/bin/pytest tests/e2e/test_schemathesis.py`; with
`API_TRIAL_SECONDS=900` it ends after so long, having tried each operation as often as there was time for.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from string import Template
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.auth.roles.first_admin import make_link
from shared.db import open_database
from tests.conftest import Databases
from tests.e2e.gateways import roomy_gateway
from tests.mailbox import mailed_token
from tests.web.web_stack import (
    PASSWORD,
    PUBLIC_URL,
    ROOT,
    import_sample,
    running_auth,
    running_policy,
)

EXAMPLES = os.environ.get("API_TRIAL_EXAMPLES", "4")
SECONDS = os.environ.get("API_TRIAL_SECONDS", "")
SEED = os.environ.get("API_TRIAL_SEED", "1")
ADMIN, EDITOR, REVIEWER = "admin@example.org", "editor@example.org", "reviewer@example.org"
NOISE_TEXT = "/api/v1/policies/ca-port-lumen/by-law/2016-04/en@2024-07-01"


@pytest_asyncio.fixture
async def roomy_platform(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[str]:
    """A platform of its own, since it is written to: with the sample, three accounts, and far limits of requests."""
    database, redis_url = databases.create(), valkey_server.url(2)
    import_sample(database)
    async with (
        running_auth(database, redis_url) as auth_url,
        running_policy(database, redis_url) as policy_url,
        roomy_gateway(policy_url, redis_url, auth_url=auth_url) as address,
    ):
        await _open_accounts(address, database)
        yield address
    databases.drop(database)


@pytest.mark.timeout(0 if "API_TRIAL_EXAMPLES" in os.environ else 300)
async def test_the_platform_does_what_it_says(roomy_platform: str, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    config = tmp_path / "schemathesis.toml"
    made = {"API_DRAFT": await _begin_draft(roomy_platform), "API_IMPORT": await _begin_import(roomy_platform)}
    config.write_text(Template((ROOT / "tests" / "e2e" / "schemathesis.toml").read_text()).substitute(made))
    process = await asyncio.create_subprocess_exec(
        program, "--no-color", "--config-file", config, "run", f"{roomy_platform}/api/v1/openapi.json",
        "--url", roomy_platform, "--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED,
        *(("--max-time", SECONDS) if SECONDS else ()),
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.e2e.api_hooks", "PYTHONPATH": str(ROOT),
            "API_ADDRESS": roomy_platform, "API_PASSWORD": PASSWORD,
            "API_ADMIN": ADMIN, "API_EDITOR": EDITOR, "API_REVIEWER": REVIEWER,
        },
    )  # fmt: skip
    try:
        said = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said
    async with aiohttp.ClientSession(roomy_platform) as client, client.get("/api/v1/openapi.json") as response:
        paths = (await response.json())["paths"]
    operations = [operation for item in paths.values() for operation in item.values() if "responses" in operation]
    assert re.search(rf"Tested: {len(operations)}\b", said), said


async def _open_accounts(address: str, urls: DatabaseUrls) -> None:
    async with open_database(urls.auth_url, service="auth", min_size=1, max_size=1) as database:
        token = (await make_link(database, PUBLIC_URL)).partition("token=")[2]
    async with aiohttp.ClientSession(address + "/api/v1/auth/") as client:
        named = {"password": PASSWORD, "display_name": "Trial"}
        await _post(client, "first-admin", {"token": token, "email": ADMIN, **named})
        for email in (EDITOR, REVIEWER):
            await _post(client, "register", {"email": email, **named})
            await _post(client, "verify-email", {"token": await mailed_token(urls, email)})
        signed_in = await _post(client, "login", {"email": ADMIN, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        async with client.get("accounts") as response:
            assert response.status == 200, await response.text()
            accounts = {account["email"]: account["id"] for account in (await response.json())["items"]}
        for email, role in ((EDITOR, "editor"), (REVIEWER, "reviewer")):
            async with client.patch(f"accounts/{accounts[email]}", json={"role": role, "areas": ["*"]}) as response:
                assert response.status == 200, await response.text()


async def _begin_draft(address: str) -> str:
    async with aiohttp.ClientSession(address) as client:
        signed_in = await _post(client, "/api/v1/auth/login", {"email": EDITOR, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        return str((await _post(client, "/api/v1/drafts", {"base": NOISE_TEXT}))["id"])


async def _begin_import(address: str) -> str:
    async with aiohttp.ClientSession(address) as client:
        signed_in = await _post(client, "/api/v1/auth/login", {"email": EDITOR, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        form = aiohttp.FormData({"importer": "markdown"})
        form.add_field("file", b"# A by-law", filename="by-law.md")
        async with client.post("/api/v1/imports", data=form) as response:
            assert response.status == 202, await response.text()
            return str((await response.json())["id"])


async def _post(client: aiohttp.ClientSession, path: str, body: dict[str, str]) -> Any:
    async with client.post(path, json=body) as response:
        assert response.status < 300, await response.text()
        return await response.json()
