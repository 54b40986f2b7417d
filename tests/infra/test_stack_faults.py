"""What the supervisor does when things go wrong: crashes, taken ports, a second start, and its own violent end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from infra.local import pids
from infra.local.settings import LocalSettings
from infra.local.up import open_plan

if TYPE_CHECKING:
    from tests.infra.conftest import Stack


def wait_until_well(stack: Stack, restarts: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        processes = stack.state()["processes"]
        if all(process["phase"] == "up" and process["restarts"] == restarts for process in processes):
            return
        assert time.monotonic() < deadline, stack.said()
        time.sleep(0.05)


def test_whatever_is_killed_is_healed_within_ten_seconds(stack: Stack) -> None:
    stack.start()
    before = {process["name"]: process["pid"] for process in stack.state()["processes"]}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until_well(stack, restarts=1, seconds=10)
    after = {process["name"]: process["pid"] for process in stack.state()["processes"]}
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    stack.stop()
    assert stack.left() == []


def test_crashes_in_a_row_are_answered_more_and_more_slowly(stack: Stack) -> None:
    stack.start()
    for restarts in range(1, 4):
        os.kill(stack.process("web")["pid"], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while stack.process("web")["restarts"] < restarts or stack.process("web")["phase"] != "up":
            assert time.monotonic() < deadline, stack.said()
            time.sleep(0.05)
    said = stack.said()
    delays = [line.rpartition(" in ")[2] for line in said.splitlines() if "web was ended by SIGKILL" in line]
    assert delays == ["0.2 s", "0.5 s", "1 s"]
    stack.stop()


def test_a_service_that_cannot_start_is_shown_with_its_words(stack: Stack) -> None:
    stack.launch(STAND_IN_BROKEN="auth")
    assert stack.wait(60) == 1
    assert "auth ended with 1 3 times. Its last words:\n  this stand-in is broken on purpose" in stack.said()
    assert stack.left() == []


def test_a_taken_port_is_named_with_its_setting_and_holder(stack: Stack) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", stack.ports["WEB_PORT"]))
        holder.listen()
        stack.launch()
        assert stack.wait() == 1
    said = stack.said()
    assert f"port {stack.ports['WEB_PORT']} is taken by process {os.getpid()}" in said
    assert "another port: WEB_PORT=" in said
    assert stack.left() == []


def test_a_second_start_is_refused_and_the_first_goes_on(stack: Stack) -> None:
    stack.start()
    second = stack.command("up")
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert str(stack.state()["supervisor_pid"]) in second.stderr
    assert stack.command("status").returncode == 0
    stack.stop()


def test_a_killed_supervisor_takes_its_processes_along(stack: Stack) -> None:
    stack.start()
    assert len(stack.left()) >= 6
    stack.signal(signal.SIGKILL)
    stack.wait()
    deadline = time.monotonic() + 10
    while stack.left():
        assert time.monotonic() < deadline, stack.left()
        time.sleep(0.05)
    stack.start()
    stack.stop()


def test_the_next_start_ends_what_survived_a_killed_supervisor(stack: Stack) -> None:
    stack.start()
    # A stopped process hears no signal but KILL, so it outlives its parent.
    frozen = [stack.process(name)["pid"] for name in ("auth", "valkey", "postgres")]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    stack.signal(signal.SIGKILL)
    stack.wait()
    time.sleep(0.5)
    assert {process.pid for process in stack.left()} >= set(frozen)
    stack.start()
    assert "ended what an earlier run left behind" in stack.said()
    assert all(pids.identify(pid) is None for pid in frozen)
    stack.stop()
    assert stack.left() == []


def test_a_busy_session_of_a_killed_database_is_ended_before_the_next_start(stack: Stack) -> None:
    stack.start()
    plan = open_plan(LocalSettings.load(stack.environment))
    with psycopg.connect(plan.database.policy_url, autocommit=True) as connection:
        session = connection.info.backend_pid
        # A frozen session does not notice that its server is gone, and would go on writing beside a new one.
        os.kill(session, signal.SIGSTOP)
        os.kill(stack.process("postgres")["pid"], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while stack.process("postgres")["restarts"] == 0 or stack.process("postgres")["phase"] != "up":
            assert time.monotonic() < deadline, stack.said()
            time.sleep(0.05)
        assert pids.identify(session) is None
        assert stack.process("postgres")["restarts"] == 1
    stack.stop()
    assert stack.left() == []


def test_a_left_over_is_found_without_a_state_file(stack: Stack) -> None:
    environment = stack.environment | {pids.MARKER: str(stack.var)}
    with subprocess.Popen(["sleep", "60"], env=environment) as orphan:
        try:
            stack.start()
            assert orphan.wait(5) == -signal.SIGTERM
        finally:
            orphan.kill()
    stack.stop()


@pytest.mark.parametrize("damage", ["", "{", '{"phase": 1}', '{"processes": [{"pid": 1}], "external": []}'])
def test_a_damaged_state_file_is_no_obstacle(stack: Stack, damage: str) -> None:
    stack.var.mkdir()
    (stack.var / "state.json").write_text(damage)
    assert stack.command("status").returncode == 3
    with socket.socket() as holder:
        # Stops the start at the ports, right after the state was read: all this test is about.
        holder.bind(("127.0.0.1", stack.ports["WEB_PORT"]))
        holder.listen()
        stack.launch()
        assert stack.wait() == 1
    assert "is taken by" in stack.said()


def test_a_strangers_process_with_a_recorded_number_is_left_alone(stack: Stack) -> None:
    stack.start()
    stack.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        state = (stack.var / "state.json").read_text()
        (stack.var / "state.json").write_text(state.replace(str(stack.process("web")["pid"]), str(stranger.pid)))
        stack.start()
        assert stranger.poll() is None
        stranger.kill()
    stack.stop()
