"""A text that was kept by the gateway is the corrected one as soon as the correction is announced."""

from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from services.policy.app import create_app
from services.policy.settings import PolicySettings
from tests.policy.imported import rows
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import KEY, import_notes
from tests.serving import running
from tests.waiting import until

ADDRESS = "/api/v1/policies/xx/act/A-1/en@2020-01-01"
LIST = "/api/v1/policies?lang=en"


async def test_corrections_and_withdrawals_are_seen(
    clean_database: DatabaseUrls, redis_url: str, tmp_path: Path
) -> None:
    notes = {"2020-01-15/en/a": note("A-1", texts=["Old words."]), "2020-01-15/en/b": note("B-1")}
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "first", notes))
    secrets: Any = {"internal_key": SecretStr(KEY), "redis_url": SecretStr(redis_url)}
    policy = PolicySettings(database_url=SecretStr(clean_database.policy_url), cursor_key=SecretStr(KEY), **secrets)
    async with running(create_app(policy)) as url:
        nowhere = "http://127.0.0.1:1"
        settings = GatewaySettings(policy_url=url, auth_url=nowhere, web_url=nowhere, port=0, **secrets)
        async with open_gateway(settings) as server:
            runner = web.ServerRunner(server, shutdown_timeout=0.5)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                async with aiohttp.ClientSession(base) as reader:
                    await _corrections(reader, clean_database, tmp_path)
            finally:
                await runner.cleanup()


async def _corrections(reader: aiohttp.ClientSession, database: DatabaseUrls, folder: Path) -> None:
    async def ask(address: str) -> tuple[int, str, str]:
        async with reader.get(address) as response:
            assert not {"Cache-Tags", "CDN-Cache-Control"} & set(response.headers)
            return response.status, await response.text(), response.headers.get("Cache-Status", "")

    async def hears() -> bool:
        return "hears_changes 1.0" in (await ask("/metrics"))[1]

    async def are_given_again() -> bool:
        return ["; hit" in (await ask(address))[2] for address in (ADDRESS, LIST)] == [True, True]

    async def is_corrected() -> bool:
        return "New words." in (await ask(ADDRESS))[1]

    async def is_withdrawn() -> bool:
        return (await ask(ADDRESS))[0] != 200 and "A-1" not in (await ask(LIST))[1]

    await until(hears)
    await until(are_given_again)
    assert "Old words." in (await ask(ADDRESS))[1]
    corrected = {"2023-01-15/en/a": note("A-1", texts=["New words."])}
    await import_notes(database.policy_url, write_notes(folder / "second", corrected))
    await until(is_corrected)
    assert len(rows(database.policy_url, "DELETE FROM work WHERE number = 'A-1' RETURNING 1")) == 1
    await until(is_withdrawn)
