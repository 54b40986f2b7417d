"""What an editor imports ends at their areas, and who reads others' imports sees those that may touch theirs."""

from typing import Any

import psycopg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import run_next
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from tests.policy.imported import rows
from tests.policy.jobs.uploads import BY_LAW, api, as_account, form, zipped

IMPORTS = "/api/v1/imports"
TWO_TOWNS = {
    "a.md": BY_LAW.format(number="1"),
    "b.md": BY_LAW.format(number="2").replace("ca-example-town", "ca-other-town"),
}


async def carried_out(database: DatabaseUrls) -> Any:
    """What the worker makes of the import that waits."""
    return await run_next(database.policy_url, importers=IMPORTERS, processes=1, stop=Stop(), index=index_pending)


async def test_files_of_other_areas_are_refused_one_by_one(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as office:
        areas = "ca-example-town ca-third-town"
        headers = as_account("editor:ed", areas)
        data = form(zipped(TWO_TOWNS), "towns.zip", importer="markdown")
        async with office.session.post(IMPORTS, data=data, headers=headers) as response:
            assert response.status == 202, await response.text()
            number = (await response.json())["id"]
        await carried_out(clean_database)
        async with office.session.get(f"{IMPORTS}/{number}/failures", headers=headers) as response:
            [failure] = (await response.json())["items"]
        assert failure["path"].endswith("b.md")
        assert "ca-other-town" in failure["message"]
        found = rows(clean_database.policy_url, "SELECT DISTINCT jurisdiction FROM work")
        assert found == [("ca-example-town",)]


async def test_who_works_nowhere_yet_imports_nothing(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as office:
        data = form(zipped(TWO_TOWNS), "towns.zip", importer="markdown")
        async with office.session.post(IMPORTS, data=data, headers=as_account("editor:ed", "")) as response:
            assert response.status == 403
        assert rows(clean_database.policy_url, "SELECT count(*) FROM import_upload") == [(0,)]


@pytest.mark.parametrize(
    ("who", "areas", "shown"),
    [
        ("editor:ed", "elsewhere", True), ("editor:other", "*", False), ("reviewer:rita", "ca-example-town", True),
        ("reviewer:rita", "*", True), ("reviewer:rita", "elsewhere", False), ("reviewer:rita", "", False),
        ("admin:anna", "", True),
    ],
)  # fmt: skip
async def test_who_sees_an_import(clean_database: DatabaseUrls, who: str, areas: str, shown: bool) -> None:
    async with api(clean_database.policy_url) as office:
        data = form(zipped(TWO_TOWNS), "towns.zip", importer="markdown")
        headers = as_account("editor:ed", "ca-example-town")
        async with office.session.post(IMPORTS, data=data, headers=headers) as response:
            number = (await response.json())["id"]
        headers = as_account(who, areas)
        async with office.session.get(IMPORTS, headers=headers) as response:
            assert [item["id"] for item in (await response.json())["items"]] == ([number] if shown else [])
        for tail in ("", "/failures", "/report"):
            async with office.session.get(f"{IMPORTS}/{number}{tail}", headers=headers) as response:
                assert response.status == (200 if shown else 404), tail
    say = "SELECT set_config('openpolicy.account', %s, true), set_config('openpolicy.permissions', %s, true)," \
          " set_config('openpolicy.areas', %s, true)"  # fmt: skip
    permissions = {
        "editor": "imports:run drafts:write",
        "reviewer": "drafts:read",
        "admin": "drafts:read imports:manage",
    }
    role, _, account = who.partition(":")
    with psycopg.connect(clean_database.policy_url) as connection:  # the same, asked without the service
        connection.execute(say, (account, permissions[role], areas or ("*" if role == "admin" else "")))
        for table in ("import_run", "import_event"):
            found = connection.execute(f"SELECT count(*) > 0 FROM {table}".encode()).fetchone()
            assert found == (shown,), table
        found = connection.execute("SELECT count(*) FROM import_upload").fetchone()
        assert found == (int(who == "editor:ed"),)
