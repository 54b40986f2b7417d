"""The platform that is measured: a stack of its own, run from this checkout, on free ports, with real law in it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from infra.local.deathsig import die_with_parent
from infra.local.plan import told_name
from infra.local.secrets import SecretStore
from services.policy.search.indexer import index_pending
from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens

ROOT = Path(__file__).parents[2]
_PORTS = ("GATEWAY_PORT", "AUTH_PORT", "POLICY_PORT", "WEB_PORT", "POSTGRES_PORT", "VALKEY_PORT")
_COMMAND = "from infra.local.cli import main; main()"
_UNLIMITED = {
    "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "6000000",
    "RATE_LIMIT_ANONYMOUS_BURST": "6000000",
    "CACHE_BYTES": "0",  # what is measured is the work for an answer, not that it was made before
}
_HELD = "held.json"


class CannotMeasure(Exception):
    """What a measurement needs is not there; the message says what."""


@dataclass(frozen=True, slots=True)
class Service:
    """A process that is measured."""

    address: str
    pid: int


@dataclass(frozen=True, slots=True)
class Stack:
    """A running platform."""

    folder: Path
    ports: dict[str, int]
    environment: dict[str, str]
    measured: dict[str, Service]
    """The gateway and the policy service, run beside the supervisor's as a container would: see `_services`."""

    @property
    def gateway(self) -> str:
        """The address of the gateway."""
        return self.measured["gateway"].address

    @property
    def policy(self) -> str:
        """The address of the policy service itself."""
        return self.measured["policy"].address

    @property
    def database_url(self) -> str:
        """The database, as the policy service reads it."""
        return str(self._told()["DATABASE_URL"])

    @property
    def owner_url(self) -> str:
        """The database, as its owner."""
        secrets = SecretStore(self.folder / "secrets")
        return (
            f"postgresql://openpolicy:{secrets.read('postgres_owner_password')}"
            f"@127.0.0.1:{self.ports['POSTGRES_PORT']}/openpolicy"
        )

    def internal_header(self) -> dict[str, str]:
        """What the gateway shows the policy service; good for some seconds."""
        tokens = InternalTokens(SecretStore(self.folder / "secrets").read("internal_key"), "gateway")
        return {INTERNAL_HEADER: tokens.mint(ANONYMOUS, "policy")}

    def pid(self, name: str) -> int:
        """The process of a service or server."""
        if name in self.measured:
            return self.measured[name].pid
        state = json.loads((self.folder / "state.json").read_text())
        return int(next(process["pid"] for process in state["processes"] if process["name"] == name))

    def import_law(self, *archives: Path) -> None:
        """Import archives; one that is held already costs a second. Raises CannotMeasure."""
        for archive in archives:
            done = subprocess.run(
                [sys.executable, "-c", _COMMAND, "import", "canada-laws", str(archive)],
                cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise CannotMeasure(f"importing {archive.name} ended with {done.returncode}")

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(SecretStore(self.folder / "secrets").read(told_name("policy")))
        return told


@contextmanager
def running_stack(folder: Path, **settings: str) -> Iterator[Stack]:
    """Start the platform on `folder` (kept for the next time), and stop it at the end, also when this process dies.

    Raises CannotMeasure when it does not come up within a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    inherited = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_KEY"))}
    environment = {
        **inherited, **_UNLIMITED, **settings, **{name: str(port) for name, port in ports.items()},
        "OPENPOLICY_VAR": str(folder), "OPENPOLICY_SAMPLE": "0", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    log = folder / "stack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "up"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
    try:
        _wait(process, log)
        with ExitStack() as measured:
            yield Stack(folder, ports, environment, _services(folder, ports, environment, measured))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def settle(stack: Stack, say: Callable[[str], None]) -> None:
    """Wait until the search index has everything, which a new release of the platform may begin anew, and tidy up."""
    started = time.monotonic()
    said = started

    def progress(done: int, due: int) -> None:
        nonlocal said
        if time.monotonic() - said > 5:
            said = time.monotonic()
            say(f"indexing: {done:,} of {due:,} texts")

    asyncio.run(index_pending(stack.database_url, progress))
    if time.monotonic() - started > 3:
        say("tidying up, so that the database does not do so while it is measured")
        with psycopg.connect(stack.owner_url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")


def fits(folder: Path, archives: Sequence[Path]) -> bool:
    """Whether `folder` holds the law of exactly these archives."""
    return _held(folder).get("archives") == _fingerprint(archives)


def is_usable(folder: Path) -> bool:
    """Whether its database was made by migrations that are still the same; new ones may have come."""
    now = _fingerprint(_migrations())
    known = _held(folder).get("migrations", {})
    return all(now.get(name) == digest for name, digest in known.items())


def note_held(folder: Path, archives: Sequence[Path]) -> None:
    """Remember what `folder` holds."""
    held = {"archives": _fingerprint(archives), "migrations": _fingerprint(_migrations())}
    (folder / _HELD).write_text(json.dumps(held))


def free_port() -> int:
    """A port below those that the kernel gives away by itself, free now."""
    return _free_ports(1)[0]


def _services(
    folder: Path, ports: Mapping[str, int], environment: Mapping[str, str], running: ExitStack
) -> dict[str, Service]:
    """A policy service and a gateway that write their logs as JSON into a file, as they do in containers.

    Those of the supervisor write for people, and every line of theirs passes through it.
    """
    secrets = SecretStore(folder / "secrets")
    told: dict[str, str] = json.loads(secrets.read(told_name("policy")))
    policy, gateway = _free_ports(2)
    known = {**environment, **told, "HOST": "127.0.0.1", "LOG_FORMAT": "json"}
    behind = {
        "AUTH_URL": f"http://127.0.0.1:{ports['AUTH_PORT']}",
        "POLICY_URL": f"http://127.0.0.1:{policy}",
        "WEB_URL": f"http://127.0.0.1:{ports['WEB_PORT']}",
    }
    found = {}
    for name, port, more in (("policy", policy, {}), ("gateway", gateway, behind)):
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"], cwd=ROOT, env={**known, **more, "PORT": str(port)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        running.callback(_end, process)
        found[name] = Service(f"http://127.0.0.1:{port}", process.pid)
        _wait_for(f"http://127.0.0.1:{port}/readyz", process)
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return
        time.sleep(0.05)
    raise CannotMeasure(f"nothing answers at {address}")


def _fingerprint(archives: Sequence[Path]) -> dict[str, str]:
    found = {}
    for archive in archives:
        with archive.open("rb") as file:
            found[archive.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _held(folder: Path) -> dict[str, dict[str, str]]:
    known = folder / _HELD
    found: dict[str, dict[str, str]] = json.loads(known.read_text()) if known.is_file() else {}
    return found


def _migrations() -> list[Path]:
    return sorted((ROOT / "services" / "policy" / "migrations").glob("*.sql"))


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 400):
        if len(found) == count:
            break
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while "is ready after" not in (said := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotMeasure(f"the platform did not come up:\n{said[-2000:]}")
        time.sleep(0.05)
