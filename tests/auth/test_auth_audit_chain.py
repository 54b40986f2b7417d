"""The audit trail as a chain: whoever writes the database as its owner leaves a trace that the program names."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import asyncpg
import psycopg
import pytest

from infra.db.addresses import DatabaseUrls
from infra.db.migrations import migrations_folder
from services.auth.audit.trail import TRAIL
from shared.db import Connection, open_database
from shared.trail.chain import Broken
from shared.trail.program import verify
from tests.auth.auth_service import Auth
from tests.conftest import Databases

ROOT = Path(__file__).parents[2]
BYPASS = "ALTER TABLE {0} DISABLE TRIGGER ALL; {1}; ALTER TABLE {0} ENABLE TRIGGER ALL"
_APPEND = (
    'INSERT INTO audit_event (at, action, pseudonym, detail) VALUES (now(), \'test\', $1, \'{"b": "é\\n", "aa": "1"}\')'
)


async def program(service: str, address: str, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{service}", "audit", *arguments, cwd=ROOT, env={"DATABASE_URL": address},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def fill(auth: Auth, count: int = 4) -> None:
    for number in range(count):
        await auth.rows(_APPEND, f"event {number}")


def as_owner(database: DatabaseUrls, statement: str, table: str = "audit_event") -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("SET search_path = auth")
        connection.execute(BYPASS.format(table, statement))


async def test_events_written_at_once_make_one_chain(auth: Auth) -> None:
    await asyncio.gather(*(fill(auth, 2) for _ in range(12)))
    code, said = await program("auth", auth.database.auth_url, "verify")
    assert code == 0, said
    assert said.startswith("auth: 24 links, whole; 0 anchors met; ")


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[DatabaseUrls]:
    """A database with a trail of four events."""
    made = databases.create()
    with psycopg.connect(made.auth_url) as connection:
        for number in range(4):
            connection.execute("INSERT INTO audit_event (at, action) VALUES (now(), %s)", [str(number)])
    yield made
    databases.drop(made)


@pytest.mark.parametrize(
    ("statement", "table", "said"),
    [
        ("UPDATE audit_event SET action = 'other' WHERE id = 2", "audit_event", "link 2 (audit_event 2): it is not"),
        ("UPDATE audit_event SET at = at + interval '1 us' WHERE id = 3", "audit_event", "link 3 (audit_event 3): it"),
        ("UPDATE audit_event SET detail = '[]' WHERE id = 1", "audit_event", "link 1 (audit_event 1): it is not what"),
        ("DELETE FROM audit_event WHERE id = 2", "audit_event", "link 2 (audit_event 2): its event was removed"),
        ("DELETE FROM audit_link WHERE position = 2", "audit_link", "link 2 is missing"),
        ("UPDATE audit_link SET event = 9 WHERE position = 2", "audit_link", "link 2 (audit_event 9): its event was"),
        ("INSERT INTO audit_event (at, action) VALUES (now(), 'forged')", "audit_event", "slipped in: no link"),
    ],
)  # fmt: skip
async def test_what_the_owner_does_to_a_row_is_named(
    filled: DatabaseUrls, statement: str, table: str, said: str
) -> None:
    connection = await asyncpg.connect(filled.owner_url, server_settings={"search_path": "auth"})
    try:
        async with connection.transaction():
            assert (await verify(cast(Connection, connection), TRAIL, [])).position == 4
        change = connection.transaction()
        await change.start()
        await connection.execute(BYPASS.format(table, statement))
        with pytest.raises(Broken) as broken:
            await verify(cast(Connection, connection), TRAIL, [])
        await change.rollback()
    finally:
        await connection.close()
    assert said in str(broken.value)


async def test_a_tail_that_was_cut_off_is_seen_by_an_anchor(auth: Auth, tmp_path: Path) -> None:
    await fill(auth)
    _, anchor = await program("auth", auth.database.auth_url, "anchor")
    kept = tmp_path / "anchors.txt"
    kept.write_text(anchor)
    await fill(auth, 1)
    code, said = await program("auth", auth.database.auth_url, "verify", "--anchor", str(kept))
    assert (code, "5 links, whole; 1 anchors met" in said) == (0, True), said
    as_owner(auth.database, "DELETE FROM audit_event WHERE id > 2")
    as_owner(auth.database, "DELETE FROM audit_link WHERE position > 2", "audit_link")
    async with open_database(auth.database.auth_url, service="auth") as database, database.transaction() as connection:
        assert (await verify(connection, TRAIL, [])).position == 2  # of itself a shorter chain is whole
    code, said = await program("auth", auth.database.auth_url, "verify", "--anchor", str(kept))
    assert (code, "the end was cut off: it had reached 4, now it ends at 2" in said) == (1, True), said


async def test_an_export_goes_on_where_it_ended_and_the_beginning_may_then_go(auth: Auth, tmp_path: Path) -> None:
    await fill(auth)
    kept, address = tmp_path / "audit.ndjson", auth.database.auth_url
    assert (await program("auth", address, "export", "--file", str(kept)))[0] == 0
    whole = kept.read_text()
    kept.write_text(whole[:-20])  # as an export leaves it that was killed
    await fill(auth, 2)
    assert (await program("auth", address, "export", "--file", str(kept)))[0] == 0
    assert kept.read_text().startswith(whole)
    assert (await program("auth", address, "export", "--after", "4"))[1] == kept.read_text().removeprefix(whole)
    with psycopg.connect(auth.database.owner_url) as connection:
        assert connection.execute("SELECT auth.audit_cut_through(3)").fetchone() == (3,)
    await fill(auth, 1)
    code, said = await program("auth", address, "verify")
    assert (code, said.startswith("auth: 7 links, whole")) == (0, True), said
    assert [row["id"] for row in await auth.rows("SELECT id FROM audit_event ORDER BY id")] == [4, 5, 6, 7]


@pytest.mark.parametrize("table", ["audit_event", "audit_link"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_even_the_owner_has_to_switch_something_off(database: DatabaseUrls, table: str, statement: str) -> None:
    column = "action" if table == "audit_event" else "source"
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("SET search_path = auth; SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is not rewritten"):
            connection.execute(statement.format(table, column))


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO audit_link VALUES (1, '', 1, '', '')", "DELETE FROM audit_link",
     "INSERT INTO audit_cut VALUES (1, '')", "SELECT audit_cut_through(1)",
     "SELECT audit_add_link('audit_event', 1, '{}')"],
)  # fmt: skip
def test_the_service_forges_no_link(database: DatabaseUrls, statement: str) -> None:
    with (
        psycopg.connect(database.auth_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement)


async def test_what_was_recorded_before_there_was_a_chain_is_in_it(auth: Auth) -> None:
    """The migration's part that chains old rows, on rows that have lost their links."""
    await fill(auth)
    as_owner(auth.database, "DELETE FROM audit_link", "audit_link")
    whole = (migrations_folder("auth") / "0050.audit-chain.sql").read_text()
    backfill = next(part for part in whole.split("DO $$")[1:] if "FOR e IN" in part).partition("$$;")[0]
    with psycopg.connect(auth.database.owner_url) as connection:
        connection.execute("SET search_path = auth")
        connection.execute(f"DO $${backfill}$$")
    async with open_database(auth.database.auth_url, service="auth") as database, database.transaction() as connection:
        assert (await verify(connection, TRAIL, [])).position == 4
