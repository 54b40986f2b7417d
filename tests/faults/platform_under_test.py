"""The whole platform, as `openpolicy up` runs it, for rows that speak of PostgreSQL, Valkey or the services."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.deathsig import die_with_parent
from infra.local.secrets import SecretStore
from tests.bench.stack import ROOT
from tests.faults.processes_under_test import DidNotStart, free_port

_PORTS = ("GATEWAY_PORT", "AUTH_PORT", "POLICY_PORT", "WEB_PORT", "POSTGRES_PORT", "VALKEY_PORT")
_COMMAND = "from infra.local.cli import main; main()"
_OUT_OF_THE_WAY = {
    "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "6000000",
    "RATE_LIMIT_ANONYMOUS_BURST": "1000000",
    "RATE_LIMIT_CREDENTIALS_PER_MINUTE": "60000",
    "RATE_LIMIT_CREDENTIALS_BURST": "10000",
}
_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform with the sample policies."""

    folder: Path
    ports: dict[str, int]
    environment: dict[str, str]

    @property
    def base(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.ports['GATEWAY_PORT']}"

    @property
    def owner_url(self) -> str:
        """The database, as its owner."""
        password = SecretStore(self.folder / "secrets").read("postgres_owner_password")
        return f"postgresql://openpolicy:{password}@127.0.0.1:{self.ports['POSTGRES_PORT']}/openpolicy"

    def pid(self, name: str) -> int:
        """The process of a service or server, as the supervisor knows it now."""
        state = json.loads((self.folder / "state.json").read_text())
        return int(next(process["pid"] for process in state["processes"] if process["name"] == name))

    def kill(self, name: str) -> None:
        """End one of its processes at once."""
        os.kill(self.pid(name), signal.SIGKILL)

    async def restart(self, *names: str) -> str:
        """`openpolicy restart`; empty when it went well, else what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _COMMAND, "restart", *names, cwd=ROOT, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        _, said = await process.communicate()
        return said.decode()[-300:] if process.returncode else ""


@contextlib.asynccontextmanager
async def platform(folder: Path, **settings: str) -> AsyncIterator[Platform]:
    """Start it in `folder`, and stop it at the end, also when this process dies. Raises DidNotStart."""
    ports: dict[str, int] = {}
    while len(set(ports.values())) < len(_PORTS):
        ports = {name: free_port() for name in _PORTS}
    inherited = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_KEY"))}
    environment = {
        **inherited, **_OUT_OF_THE_WAY, **settings, **{name: str(port) for name, port in ports.items()},
        "OPENPOLICY_VAR": str(folder / "var"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process, log = _start(folder, environment)
    try:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE
        while "is ready after" not in (said := log.read_text(errors="replace")):
            if process.poll() is not None or loop.time() > deadline:
                raise DidNotStart(f"the platform did not come up:\n{said[-1500:]}")
            await asyncio.sleep(0.1)
        yield Platform(folder / "var", ports, environment)
    finally:
        if process.poll() is None:
            process.terminate()
        await asyncio.to_thread(process.wait, 60)


def _start(folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], Path]:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "platform.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "up"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
    return process, log
