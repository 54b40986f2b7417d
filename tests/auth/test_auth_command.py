"""`python -m services.auth first-admin` and the start of the service, as programs."""

import asyncio
import os
import re
import signal
import socket
import sys

import aiohttp

from infra.db.addresses import DatabaseUrls
from tests.auth.auth_service import INTERNAL_KEY, PASSWORD, PUBLIC_URL, Auth


def _environment(database: DatabaseUrls, **changes: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "INTERNAL_KEY": INTERNAL_KEY,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DATABASE_URL": database.auth_url,
        "PUBLIC_URL": PUBLIC_URL + "/",
        "PASSWORD_PEPPER": "pepper-0123456789abcdefghijklmnopqrst",
        "KEY_ENCRYPTION_KEY": "sealing-0123456789abcdefghijklmnopqrst",
        "CURSOR_KEY": "cursors-0123456789abcdefghijklmnopqrst",
        "BCRYPT_COST": "4",
        **changes,
    }


async def _run(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.auth", *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_link_works_and_there_is_none_afterwards(auth: Auth) -> None:
    code, out, err = await _run(_environment(auth.database), "first-admin")
    assert (code, err) == (0, "")
    found = re.fullmatch(re.escape(PUBLIC_URL) + r"/first-admin\?token=([\w-]{43})\n", out)
    assert found
    body = {"token": found[1], "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}
    assert (await auth.call("POST", "/api/v1/auth/first-admin", body)).status == 201
    code, out, err = await _run(_environment(auth.database), "first-admin")
    assert (code, out) == (3, "")
    assert "there is an administrator already" in err


async def test_signing_keys_are_listed_rotated_and_dropped(auth: Auth) -> None:
    redis_url = _redis_url(auth)
    settings = _environment(auth.database, REDIS_URL=redis_url)
    code, out, err = await _run(settings, "keys", "rotate")
    assert (code, out) == (4, "")
    assert "has to be known everywhere first" in err
    await auth.rows("UPDATE signing_key SET created_at = created_at - interval '6 minutes'")
    code, out, err = await _run(settings, "keys", "rotate")
    assert (code, err) == (0, "")
    kid = out.split()[0]
    new_secret = {
        "KEY_ENCRYPTION_KEY": "unsealing-0123456789abcdefghijklmnopqr",
        "KEY_ENCRYPTION_KEY_PREVIOUS": settings["KEY_ENCRYPTION_KEY"],
    }
    code, out, _ = await _run({**settings, **new_secret}, "keys", "list")
    listed = dict(line.split()[:2] for line in out.splitlines())
    assert (code, sorted(listed.values()), listed[kid]) == (0, ["active", "next", "retiring"], "active")
    assert (await _run(settings, "keys", "drop", "no-such-key"))[0] == 4
    code, out, _ = await _run(settings, "keys", "drop", "--", kid)
    assert (code, out) == (0, f"{kid} was dropped\n")
    assert await auth.redis.get(f"revoked:kid:{kid}")
    rows = await auth.rows("SELECT state FROM signing_key WHERE kid = $1", kid)
    assert [row["state"] for row in rows] == ["dropped"]


def _redis_url(auth: Auth) -> str:
    known = auth.redis.connection_pool.connection_kwargs
    return f"redis://:{known['password']}@{known['host']}:{known['port']}/0"


async def test_wrong_settings_are_named_without_their_values(database: DatabaseUrls) -> None:
    environment = _environment(database, PASSWORD_PEPPER="tooshort", BCRYPT_COST="3")
    del environment["CURSOR_KEY"]
    for arguments in ((), ("first-admin",)):
        code, out, err = await _run(environment, *arguments)
        assert (code, out) == (2, "")
        assert {line.split(":")[1].strip() for line in err.splitlines()} == {
            "PASSWORD_PEPPER", "BCRYPT_COST", "CURSOR_KEY",
        }  # fmt: skip
        assert "tooshort" not in err


async def test_an_unknown_command_is_a_usage_error(database: DatabaseUrls) -> None:
    code, _, err = await _run(_environment(database), "frist-admin")
    assert code == 2
    assert "first-admin" in err


async def test_it_serves_until_it_is_told_to_stop(database: DatabaseUrls) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.auth",
        env=_environment(database, PORT=str(port)), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            for _ in range(150):
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                        assert response.status == 200
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)
            else:
                raise AssertionError("never ready")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
