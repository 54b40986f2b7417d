"""What strangers send can neither forge a line of a log nor leave a secret in it. The gateway and auth as processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.conftest import free_port
from tests.gateway.sockets import ask
from tests.security.security_stack import Platform
from tests.web.web_stack import KEY, PASSWORD, PUBLIC_URL, ROOT

FORGED = '{"event": "forged"}'
SECRETS = {"INTERNAL_KEY": KEY, "PASSWORD_PEPPER": KEY[::-1], "KEY_ENCRYPTION_KEY": "k" + KEY, "CURSOR_KEY": "c" + KEY}

SAID = [PASSWORD, "stolen-access-token", "a-cookie-of-somebody", "in-the-query", "of-the-first-administrator",
        "opr_a-refresh-token", "auth-test-password", "valkey-test-password", *SECRETS.values()]  # fmt: skip
"""What must stand nowhere."""


@dataclass(slots=True)
class Process:
    """A service as a process that writes its log into a file."""

    address: str
    style: str
    log: Path
    process: subprocess.Popen[bytes]

    def lines(self) -> list[str]:
        """What it wrote, split at line feeds only."""
        return self.log.read_text("utf-8").removesuffix("\n").split("\n")


@dataclass(slots=True)
class Logged:
    """What processes wrote when all of this was sent to them, and how they were started."""

    processes: list[Process]
    secrets: list[str]
    commands: bytes


@contextlib.contextmanager
def _service(name: str, style: str, log: Path, environment: dict[str, str]) -> Iterator[Process]:
    port = free_port()
    given = {key: value for key, value in os.environ.items() if not key.endswith(("_URL", "_KEY"))}
    more = {"HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "debug", "LOG_FORMAT": style}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"], cwd=ROOT, stdout=output, stderr=output,
            env=given | SECRETS | environment | more,
        )  # fmt: skip
    try:
        yield Process(f"http://127.0.0.1:{port}", style, log, process)
    finally:
        process.terminate()
        process.wait(20)


@pytest_asyncio.fixture(scope="module")
async def logged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Logged:
    """Auth, and two gateways in front of it, one of which writes for people."""
    folder = tmp_path_factory.mktemp("logs")
    common = {"REDIS_URL": platform.redis_url, "PUBLIC_URL": PUBLIC_URL, "BCRYPT_COST": "4"}
    common |= {"DATABASE_URL": platform.database.auth_url}
    common |= {"POLICY_URL": platform.services["policy"], "WEB_URL": platform.services["web"]}
    with contextlib.ExitStack() as stack:
        auth = stack.enter_context(_service("auth", "json", folder / "auth.log", common))
        behind = common | {"AUTH_URL": auth.address}
        gateways = [
            stack.enter_context(_service("gateway", style, folder / f"{style}.log", behind))
            for style in ("json", "console")
        ]
        await _until_ready(platform.session, auth, *gateways)
        for gateway in gateways:
            await _attack(platform.session, gateway.address)
        commands = b"".join(_command_of(one.process.pid) for one in (auth, *gateways))
    return Logged([auth, *gateways], SAID, commands)


def _command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


async def _until_ready(session: aiohttp.ClientSession, *processes: Process) -> None:
    async with asyncio.timeout(60):
        for each in processes:
            while True:
                assert each.process.poll() is None, each.log.read_text()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{each.address}/readyz") as response:
                        if response.status == 200:
                            break
                await asyncio.sleep(0.05)


async def _attack(session: aiohttp.ClientSession, gateway: str) -> None:
    """Send forged lines, and secrets in every place where clients have them."""
    head = "GET /api/v1/{0}?x={0} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{1}: {0}{2}\r\n\r\n"
    for text in ("%0Aforged%0d%0a", "\x1b[2J", "é\u2028" + FORGED, "%1b%5b2J", "%E2%80%AE"):
        for name in ("X-Request-ID", "User-Agent", "Referer", "X-Forwarded-For", "traceparent"):
            await ask(gateway, head.format(text, name, FORGED).encode())
    await ask(gateway, f"GE\nT{FORGED} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    email = "log-reader@example.org"
    for name in ("Log\u202eReader", "Log Reader"):
        body = {"email": email, "password": PASSWORD, "display_name": name}
        async with session.post(f"{gateway}/api/v1/auth/register", json=body):
            pass
    async with session.post(f"{gateway}/api/v1/auth/login", json={"email": email, "password": "x" + PASSWORD}):
        pass
    async with session.post(f"{gateway}/api/v1/auth/refresh", json={"refresh_token": "opr_a-refresh-token"}):
        pass
    headers = {"Authorization": "Bearer stolen-access-token", "Cookie": "session=a-cookie-of-somebody"}
    for path in ("/api/v1/auth/me?access_token=in-the-query", "/first-admin?token=of-the-first-administrator"):
        async with session.get(gateway + path, headers=headers):
            pass


def test_every_line_is_one_of_ours(logged: Logged) -> None:
    for process in logged.processes:
        lines = process.lines()
        assert len(lines) > 5, lines
        for line in lines:
            if process.style == "json":
                assert line.isprintable(), repr(line)
                assert json.loads(line)["event"] != "forged"
            else:
                assert re.match(r"\d{4}-\d{2}-\d{2}T", line), repr(line)
                assert line.isprintable(), repr(line)


def test_no_secret_stands_in_a_log(logged: Logged) -> None:
    text = "".join(process.log.read_text("utf-8") for process in logged.processes)
    assert "/api/v1/auth/login" in text
    assert [secret for secret in logged.secrets if secret in text] == []


def test_no_secret_stands_in_a_command_line(logged: Logged) -> None:
    assert b"services.auth" in logged.commands
    assert [secret for secret in logged.secrets if secret.encode() in logged.commands] == []
