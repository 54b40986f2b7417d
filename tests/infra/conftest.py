"""A whole stack for each test that asks for one: real servers and supervisor, stand-ins for the services."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.db.roles import ensure_role
from infra.local import pids
from infra.local.postgres import PostgresServer
from tests.conftest import AUTH_PASSWORD, POLICY_PASSWORD

HERE = Path(__file__).parent
SETTINGS = ("GATEWAY_PORT", "AUTH_PORT", "POLICY_PORT", "WEB_PORT", "POSTGRES_PORT", "VALKEY_PORT")

# The real command, whose imports run the stand-in.
COMMAND = """
import sys
from pathlib import Path
from infra.local import cli, importing
importing.INSTALLATION = Path(sys.argv.pop(1))
cli.main()
"""


class Stack:
    """Drives `openpolicy up` on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.log = folder / "up.log"
        self.ports = dict(zip(SETTINGS, _free_ports(len(SETTINGS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        inherited = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_KEY"))}
        self.environment = {
            **inherited,
            **{name: str(port) for name, port in self.ports.items()},
            "OPENPOLICY_VAR": str(self.var),
            # Nothing of PostgreSQL or Redis that the system may have.
            "PATH": "/usr/bin:/bin",
        }
        for name in ("auth", "policy", "web", "gateway"):
            package = folder / "services" / name
            package.mkdir(parents=True)
            shutil.copy(HERE / "stand_in_service.py", package / "__main__.py")
            (package / "__init__.py").touch()
        (folder / "services" / "__init__.py").touch()
        (folder / "services" / "policy" / "sample").mkdir()

    def launch(self, *, prefix: Sequence[str] = (), **environment: str) -> subprocess.Popen[bytes]:
        """Starts the supervisor, without waiting for anything."""
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, HERE / "stand_in_up.py", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment | environment,
            )
        return self._process

    def start(self, *, prefix: Sequence[str] = (), **environment: str) -> float:
        """Starts it and waits for the greeting. Returns the seconds that took."""
        began = time.monotonic()
        process = self.launch(prefix=prefix, **environment)
        self.wait_for("is ready after", process)
        return time.monotonic() - began

    def wait_for(self, text: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert process.poll() is None, f"it ended with {process.returncode}:\n{self.said()}"
            assert time.monotonic() < deadline, f"it never said {text!r}:\n{self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self) -> None:
        """Ctrl-C, and everything must end well."""
        self.signal(signal.SIGINT)
        assert self.wait() == 0, self.said()

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "state.json").read_text())
        return found

    def process(self, name: str) -> dict[str, Any]:
        return next(process for process in self.state()["processes"] if process["name"] == name)

    def left(self) -> list[pids.ProcessId]:
        """Processes of this stack that live now."""
        return pids.marked(self.var)

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `openpolicy ARGUMENTS` beside the stack."""
        return subprocess.run(
            [sys.executable, "-c", COMMAND, str(self.folder), *arguments],
            capture_output=True,
            text=True,
            env=self.environment | {"COLUMNS": "200"} | environment,
            timeout=60,
            check=False,
        )

    def clear(self) -> None:
        """Ends whatever a failed test left."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        pids.end(self.left(), 0.5)


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack that has never been started."""
    folder = Path(tempfile.mkdtemp(prefix="opp-"))
    made = Stack(folder)
    yield made
    made.clear()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def owner_url_of_empty_database(postgres_server: PostgresServer) -> Iterator[str]:
    """A database that no bootstrap has seen, as its owner."""
    with psycopg.connect(postgres_server.owner_url("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE never_prepared")
        yield postgres_server.owner_url("never_prepared")
        admin.execute("DROP DATABASE never_prepared WITH (FORCE)")
        # Whoever prepared it set the passwords of its roles, which are those of every database of this server.
        for role, password in (("openpolicy_auth", AUTH_PASSWORD), ("openpolicy_policy", POLICY_PASSWORD)):
            ensure_role(admin, role, password)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
