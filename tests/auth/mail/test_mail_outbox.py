"""Letters are shown in development, to the web service and by the command; nowhere else is there such a thing."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from infra.db.addresses import DatabaseUrls
from tests.auth.auth_service import Auth
from tests.auth.conftest import running_auth

ROOT = Path(__file__).parents[3]


async def test_letters_are_shown_to_the_web_alone(clean_database: DatabaseUrls, redis_url: str, address: str) -> None:
    async with running_auth(clean_database, redis_url, development_outbox=True) as auth:
        await auth.register(address, confirmed=False)
        shown = await auth.call("GET", "/internal/outbox", caller="web")
        assert shown.status == 200
        assert [(item["recipient"], item["lang"]) for item in shown.body["items"]] == [(address, "en")]
        assert "/verify?token=" in shown.body["items"][0]["body"]
        assert (await auth.call("GET", "/internal/outbox", caller="gateway")).status in (401, 403)
        code, said = await _command(clean_database, DEVELOPMENT_OUTBOX="true")
        assert (code, address in said, "/verify?token=" in said) == (0, True, True)
        code, said = await _command(clean_database)
        assert (code, "DEVELOPMENT_OUTBOX" in said) == (3, True)
        code, said = await _command(clean_database, DEVELOPMENT_OUTBOX="true", PUBLIC_URL="https://policy.example")
        assert (code, "for development alone" in said) == (2, True)


async def test_where_mail_is_sent_there_is_no_outbox_to_look_at(auth: Auth) -> None:
    assert (await auth.call("GET", "/internal/outbox", caller="web")).status == 404


async def _command(database: DatabaseUrls, **changes: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.auth", "outbox", cwd=ROOT, env={**os.environ, "DATABASE_URL": database.auth_url,
        **changes}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    return process.returncode or 0, said
