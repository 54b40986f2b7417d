"""Pages read while others write, and counts that are not taken anew for each caller."""

from pathlib import Path
from typing import Any

import aiohttp

from infra.db.addresses import DatabaseUrls
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving


async def get(policy: aiohttp.ClientSession, path: str) -> Any:
    async with policy.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_union_of_pages_is_the_table_also_while_it_grows(
    clean_database: DatabaseUrls, tmp_path: Path
) -> None:
    first = {f"en/{n}": note(f"n-{n}", title=f"Title {n:02}") for n in range(10, 40, 2)}
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "first", first))
    more = {f"en/{n}": note(f"n-{n}", title=f"Title {n:02}") for n in range(11, 41, 2)}
    write_notes(tmp_path / "more", more)
    async with serving(clean_database.policy_url) as policy:
        path, seen = "/api/v1/policies?limit=4", []
        while path:
            body = await get(policy, path)
            seen += [item["number"] for item in body["items"]]
            if len(seen) == 8:
                await import_notes(clean_database.policy_url, tmp_path / "more")
            path = body["page"]["next"]
        assert len(seen) == len(set(seen)), "nothing twice"
        assert set(seen) >= {f"n-{n}" for n in range(10, 40, 2)}, "nothing left out"
        assert set(seen) >= {f"n-{n}" for n in range(25, 41, 2)}, "what was added ahead of the reader is read"


async def test_counts_are_shared_for_a_while(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    async with serving(clean_database.policy_url) as policy:
        before = await get(policy, "/api/v1/stats")
        assert (before["works"], before["latest_release"], before["source_checked_at"]) == (0, None, None)
        await import_notes(clean_database.policy_url, write_notes(tmp_path, {"en/1": note("1")}))
        assert await get(policy, "/api/v1/stats") == before
    async with serving(clean_database.policy_url) as policy:
        assert (await get(policy, "/api/v1/stats"))["works"] == 1
