"""`openpolicy status`, `doctor` and `import` beside a stack, running or not."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.trail.chain import START, Link, export_line, hash_of

if TYPE_CHECKING:
    from tests.infra.conftest import Stack


def test_status_is_well_only_while_every_process_is(stack: Stack) -> None:
    nothing = stack.command("status")
    assert nothing.returncode == 3
    assert "not running" in nothing.stdout

    stack.start()
    well = stack.command("status")
    assert well.returncode == 0, well.stdout
    for name in ("postgres", "valkey", "auth", "policy", "web", "gateway"):
        pid = stack.process(name)["pid"]
        assert re.search(rf"^{name} +{pid} +\d+ s +0 +pass +[\d.]+ ms", well.stdout, re.MULTILINE), well.stdout
    assert re.search(rf"^worker +{stack.process('worker')['pid']} +\d+ s +0 +pass", well.stdout, re.MULTILINE)

    os.kill(stack.process("policy")["pid"], signal.SIGSTOP)
    ill = stack.command("status")
    assert ill.returncode == 1
    assert re.search(r"^policy .* fail .*no answer within 2 s", ill.stdout, re.MULTILINE), ill.stdout
    os.kill(stack.process("policy")["pid"], signal.SIGCONT)
    stack.stop()
    assert stack.command("status").returncode == 3


def test_doctor_is_content_before_and_during_a_run(stack: Stack) -> None:
    before = stack.command("doctor")
    assert before.returncode == 0, before.stdout
    assert "fail" not in before.stdout
    assert not stack.var.exists()
    stack.start()
    during = stack.command("doctor")
    assert during.returncode == 0, during.stdout
    assert f"{stack.ports['WEB_PORT']} (WEB_PORT) is ours" in during.stdout
    assert "migrations are current" in during.stdout
    assert "waits for uploaded imports" in during.stdout
    (stack.var / "secrets" / "cursor_key").chmod(0o644)
    loose = stack.command("doctor")
    assert loose.returncode == 1
    assert "others can read cursor_key; run: chmod" in loose.stdout
    stack.stop()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("GATEWAY_PORT", "eighty", "GATEWAY_PORT"),
        ("WEB_PORT", "70000", "WEB_PORT"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must start with postgresql://"),
        ("PUBLIC_URL", "zz", "PUBLIC_URL: must be an address such as https://"),
        ("PUBLIC_URL", "https://policy.example/path", "PUBLIC_URL: must be an address such as https://"),
        ("REDIS_URL_FILE", "/does/not/exist", "REDIS_URL_FILE: cannot read /does/not/exist"),
    ],
)
def test_a_bad_setting_is_named_by_every_command(stack: Stack, name: str, value: str, expected: str) -> None:
    doctor = stack.command("doctor", **{name: value})
    assert doctor.returncode == 1
    assert expected in doctor.stdout
    status = stack.command("status", **{name: value})
    assert status.returncode == 1
    assert expected in status.stderr
    assert "Value error" not in doctor.stdout + status.stderr


def test_a_data_folder_that_cannot_be_made_is_named(stack: Stack) -> None:
    refused = stack.command("up", OPENPOLICY_VAR="/proc/none")
    assert refused.returncode == 1
    assert refused.stderr.startswith("openpolicy: /proc/none: ")
    assert "OPENPOLICY_VAR names another" in refused.stderr


def test_two_processes_cannot_share_a_port(stack: Stack) -> None:
    refused = stack.command("up", WEB_PORT=str(stack.ports["AUTH_PORT"]))
    assert refused.returncode == 1
    assert f"AUTH_PORT and WEB_PORT are both {stack.ports['AUTH_PORT']}" in refused.stderr


def test_doctor_names_a_database_and_a_redis_that_are_away(stack: Stack) -> None:
    away = f"127.0.0.1:{stack.ports['POSTGRES_PORT']}"
    found = stack.command("doctor", DATABASE_URL=f"postgresql://u:p@{away}/x", REDIS_URL=f"redis://{away}/0")
    assert found.returncode == 1
    assert re.search(r"^fail +database +cannot be used", found.stdout, re.MULTILINE), found.stdout
    assert re.search(r"^fail +redis +cannot be used", found.stdout, re.MULTILINE), found.stdout


def test_import_without_a_stack_says_so(stack: Stack) -> None:
    refused = stack.command("import", "akoma-ntoso", ".")
    assert refused.returncode == 1
    assert "openpolicy is not running" in refused.stderr
    assert "openpolicy up" in refused.stderr


def test_import_reaches_the_running_stack_from_any_folder(stack: Stack) -> None:
    stack.start(OPENPOLICY_SAMPLE="0")
    source = stack.folder / "law"
    source.mkdir()
    done = stack.command("import", "akoma-ntoso", os.path.relpath(source), "--release", "2026-06-15", POSTGRES_PORT="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"imported {source}\n"
    stack.stop()


def test_an_exported_trail_is_verified_without_a_stack(stack: Stack) -> None:
    refused = stack.command("audit", "verify")
    assert refused.returncode == 1
    assert "openpolicy is not running" in refused.stderr
    first = Link(1, "audit_event", 1, START, b"", ("t", "session.signed-in"))
    link = replace(first, hash=hash_of(first))
    exported = stack.folder / "auth.ndjson"
    exported.write_text(export_line("auth", link, ("at", "action")) + "\n")
    whole = stack.command("audit", "verify", "--export", str(exported))
    assert (whole.returncode, whole.stdout) == (0, f"auth: links 1 to 1, whole; {link.hash.hex()}\n")
    exported.write_text(exported.read_text().replace("signed-in", "signed-out"))
    broken = stack.command("audit", "verify", "--export", str(exported))
    assert (broken.returncode, broken.stdout) == (
        1, "BROKEN: link 1 (audit_event 1): it is not what was recorded\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["up", "import", "status", "doctor"])
def test_help_shows_examples(stack: Stack, command: str) -> None:
    shown = stack.command(command, "--help")
    assert shown.returncode == 0
    assert "Example" in shown.stdout
