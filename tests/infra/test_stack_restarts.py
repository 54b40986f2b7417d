"""`openpolicy restart`: a new process takes over from the old one, and nobody who asks meanwhile notices."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.infra.conftest import Stack


class _Asking(threading.Thread):
    """Asks a port again and again, each time on a new connection, and counts the answers."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.ended = threading.Event()
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/livez")
                self.answers[str(connection.getresponse().status)] += 1
                connection.close()
            except OSError as error:
                self.answers[type(error).__name__] += 1


def test_all_services_are_replaced_without_a_failed_request(stack: Stack) -> None:
    stack.start()
    before = {process["name"]: process["pid"] for process in stack.state()["processes"]}
    asking = [_Asking(stack.ports[f"{name}_PORT"]) for name in ("AUTH", "POLICY", "WEB", "GATEWAY")]
    for thread in asking:
        thread.start()
    done = stack.command("restart")
    for thread in asking:
        thread.ended.set()
        thread.join()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(f"{name} was restarted\n" for name in ("auth", "policy", "web", "gateway", "worker"))
    after = {process["name"]: process for process in stack.state()["processes"]}
    kept = {name for name, pid in before.items() if after[name]["pid"] == pid}
    assert kept == {"postgres", "valkey"}
    assert {process["restarts"] for process in after.values()} == {0}, "those are restarts after crashes"
    assert {process["phase"] for process in after.values()} == {"up"}
    for thread in asking:
        assert thread.answers.keys() == {"200"}, thread.answers
        assert thread.answers["200"] > 10
    stack.stop()
    assert stack.left() == []


def test_one_that_does_not_come_up_leaves_the_old_one_at_work(stack: Stack) -> None:
    stack.start()
    before = stack.process("web")["pid"]
    program = stack.folder / "services" / "web" / "__main__.py"
    good = program.read_text()
    program.write_text('raise SystemExit("the new one is broken")')
    refused = stack.command("restart", "web")
    assert refused.returncode == 1
    assert "web cannot be replaced: the new one ended with 1" in refused.stderr
    assert "the new one is broken" in refused.stderr
    assert stack.process("web")["pid"] == before
    assert stack.command("status").returncode == 0

    program.write_text(good)
    assert stack.command("restart", "web").returncode == 0
    replaced = stack.process("web")["pid"]
    assert replaced != before
    os.kill(replaced, signal.SIGKILL)  # what was replaced is watched like any other
    _wait(stack, lambda: stack.process("web")["restarts"] == 1 and stack.process("web")["phase"] == "up")

    program.write_text("import time; print('never ready', flush=True); time.sleep(60)")
    asking = threading.Thread(target=stack.command, args=("restart", "web"), daemon=True)
    asking.start()
    _wait(stack, lambda: "never ready" in stack.said())
    stack.stop()
    assert stack.left() == []
    asking.join(10)


def _wait(stack: Stack, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, stack.said()
        time.sleep(0.05)


def test_a_restart_without_a_stack_says_so(stack: Stack) -> None:
    refused = stack.command("restart", "gateway")
    assert refused.returncode == 1
    assert "openpolicy is not running" in refused.stderr
    assert stack.command("restart", "postgres").returncode == 2
