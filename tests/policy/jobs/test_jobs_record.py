"""Who started, cancelled and resumed an import, and how it ended: kept by the database, told in the report."""

import os
import pwd
import socket
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.progress import Quiet
from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import Order, run_import, run_next
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from tests.policy.imported import rows
from tests.policy.jobs.uploads import BY_LAW, Api, api, zipped

PROGRAM = f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"


async def work(database: DatabaseUrls) -> None:
    await run_next(database.policy_url, importers=IMPORTERS, processes=1, stop=Stop(), index=index_pending)


async def record(policy: Api, job: dict[str, Any], who: str = "editor:ed") -> list[dict[str, Any]]:
    status, report, _ = await policy.call(who, "GET", job["report"])
    assert status == 200
    found: list[dict[str, Any]] = report["record"]
    return found


async def test_an_upload_from_its_start_to_its_end(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        job = await policy.upload(BY_LAW.format(number="9").encode(), "9.md", importer="markdown")
        for who, step in (("admin:ann", "cancel"), ("admin:ann", "cancel"), ("editor:ed", "resume")):
            status, _, headers = await policy.call(who, "POST", f"{job['href']}/{step}")
            assert status < 300
        await work(clean_database)
        found = await record(policy, job)
        assert [(e["by"], e["action"], e["from"], e["to"], e["detail"]) for e in found] == [
            ("ed", "start", "", "queued", "markdown 9.md"),
            ("ann", "cancel", "queued", "cancelled", ""),
            ("ed", "resume", "cancelled", "queued", ""),
            (PROGRAM, "begin", "queued", "running", ""),
            (PROGRAM, "end", "running", "done", ""),
        ]
        assert found[2]["request_id"] == headers["X-Request-ID"]
        assert (bool(found[0]["request_id"]), found[4]["request_id"]) == (True, "")
        assert [e["at"] for e in found] == sorted(e["at"] for e in found)
        assert await record(policy, job, "reviewer") == found
        assert (await policy.call("editor:you", "GET", job["report"]))[0] == 404


async def test_what_went_wrong_is_told_at_the_end(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        job = await policy.upload(zipped({"a.txt": "x"}), "law.zip", importer="markdown")
        await work(clean_database)
        *_, end = await record(policy, job)
    assert (end["action"], end["to"]) == ("end", "failed")
    assert "no .md file" in end["detail"]


async def test_a_wish_to_end_what_runs_is_recorded_once(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        job = await policy.upload(b"x", "x.md", importer="markdown")
        rows(clean_database.policy_url, "UPDATE import_run SET state = 'running' RETURNING id")
        for _ in range(2):
            assert (await policy.call("editor:ed", "POST", f"{job['href']}/cancel"))[0] == 202
        assert [(e["action"], e["from"], e["to"]) for e in await record(policy, job)] == [
            ("start", "", "queued"), ("begin", "queued", "running"), ("cancel", "running", "running"),
        ]  # fmt: skip
        rows(clean_database.policy_url, "UPDATE import_run SET state = 'queued' RETURNING id")
        assert (await record(policy, job))[-1]["action"] == "put-back"


async def test_a_command_is_recorded_also_when_it_finds_nothing_new(
    clean_database: DatabaseUrls, tmp_path: Path
) -> None:
    (tmp_path / "9.md").write_text(BY_LAW.format(number="9"))
    order = Order(IMPORTERS["markdown"](), tmp_path, None, date(2024, 7, 1), processes=1)
    for _ in range(2):
        await run_import(order, clean_database.policy_url, progress=Quiet(), stop=Stop(), index=index_pending)
    found = rows(clean_database.policy_url, "SELECT action, account, to_state, detail FROM import_event ORDER BY id")
    assert found == [
        ("start", PROGRAM, "running", f"markdown {tmp_path}"), ("end", PROGRAM, "done", ""),
        ("start", PROGRAM, "running", f"markdown {tmp_path}"), ("drop", PROGRAM, "", ""),
    ]  # fmt: skip
    assert rows(clean_database.policy_url, "SELECT count(*) FROM import_run") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE import_event SET account = 'another'",
        "DELETE FROM import_event",
        "TRUNCATE import_event",
        "INSERT INTO import_event (run_id, account, request_id, action, from_state, to_state, detail)"
        " VALUES (1, 'another', '', 'start', '', 'queued', '')",
    ],
)
def test_the_service_cannot_rewrite_it(database: DatabaseUrls, statement: str) -> None:
    with psycopg.connect(database.policy_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
