"""`openpolicy up`: the first start, the next one, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from infra.local.secrets import SecretStore
from infra.local.settings import LocalSettings
from infra.local.up import open_plan

if TYPE_CHECKING:
    from tests.infra.conftest import Stack


def imports_noted(stack: Stack) -> list[tuple[str, str]]:
    plan = open_plan(LocalSettings.load(stack.environment))
    with psycopg.connect(plan.database.policy_url, options="-c openpolicy.permissions=system") as connection:
        return connection.execute("SELECT importer, source FROM import_run ORDER BY id").fetchall()


def test_first_start_greets_with_the_admin_link_and_the_next_is_quick(stack: Stack) -> None:
    stack.start()
    said = stack.said()
    assert f"http://localhost:{stack.ports['GATEWAY_PORT']}/" in said
    assert "http://localhost/first-admin/stand-in" in said
    assert "applied migration policy/0001.works" in said
    sample = str(stack.folder / "services/policy/sample")
    assert imports_noted(stack) == [("akoma-ntoso", sample)]
    assert {process["phase"] for process in stack.state()["processes"]} == {"up"}
    stack.stop()
    assert stack.left() == []
    assert stack.state()["phase"] == "stopped"

    assert stack.start() < 5
    assert "applied migration" not in stack.said()
    assert imports_noted(stack) == [("akoma-ntoso", sample)]
    stack.signal(signal.SIGTERM)
    assert stack.wait() == 0
    assert stack.left() == []


def test_everything_secret_is_closed_to_others_and_off_the_command_lines(stack: Stack) -> None:
    stack.start()
    secrets = SecretStore(stack.var / "secrets")
    assert secrets.too_open() == []
    assert stat.S_IMODE(secrets.folder.stat().st_mode) == 0o700
    held = {name: secrets.read(name) for name in os.listdir(secrets.folder) if not name.startswith("told_")}
    values = [value for name, value in held.items() if value or not name.endswith("_previous")]  # none was changed yet
    assert all(values)
    assert len(set(values)) == len(values)
    for process in stack.left():
        with open(f"/proc/{process.pid}/cmdline") as file:
            command = file.read()
        assert not [value for value in values if value in command]
    stack.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever is not root runs every other test as an ordinary user")
def test_it_runs_as_an_ordinary_user(stack: Stack) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("needs unshare to be an ordinary user")
    # Inside this namespace the user is 1000 without any privilege; the files are its own.
    stack.start(prefix=(unshare, "--user", "--map-user=1000", "--map-group=1000", "--"))
    stack.stop()
    assert stack.left() == []


def test_a_lost_secret_is_not_replaced(stack: Stack) -> None:
    stack.start()
    stack.stop()
    (stack.var / "secrets" / "password_pepper").unlink()
    stack.launch()
    assert stack.wait() == 1
    assert "password_pepper" in stack.said()
    assert not (stack.var / "secrets" / "password_pepper").exists()


def test_being_stopped_while_it_starts_leaves_nothing(stack: Stack) -> None:
    process = stack.launch()
    stack.wait_for("postgres   │", process)
    stack.signal(signal.SIGTERM)
    assert stack.wait() == 0
    assert stack.left() == []
    stack.start()
    stack.stop()


def test_a_second_interrupt_does_not_wait_for_who_hangs(stack: Stack) -> None:
    stack.start()
    os.kill(stack.process("web")["pid"], signal.SIGSTOP)
    began = time.monotonic()
    stack.signal(signal.SIGINT)
    time.sleep(0.5)
    stack.signal(signal.SIGINT)
    assert stack.wait() == 0
    assert time.monotonic() - began < 5
    assert "web did not end in time and is killed" in stack.said()
    assert stack.left() == []


def test_existing_servers_are_used_instead(stack: Stack, redis_url: str, owner_url_of_empty_database: str) -> None:
    stack.start(DATABASE_URL=owner_url_of_empty_database, REDIS_URL=redis_url)
    state = stack.state()
    assert {process["name"] for process in state["processes"]} == {"auth", "policy", "web", "gateway", "worker"}
    assert sorted(state["external"]) == ["postgres", "valkey"]
    with psycopg.connect(owner_url_of_empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM policy.import_run").fetchone() == (1,)
    # The import asks the running stack, not this shell, where the database is.
    assert stack.command("import", "canada-laws", "/").returncode != 3
    stack.stop()
    assert stack.left() == []
    assert not (stack.var / "postgres").exists()
