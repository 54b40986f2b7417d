"""Redis away: PostgreSQL decides, and what could not be announced follows when Redis is back."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from tests.auth.auth_service import Auth, auth_settings
from tests.serving import running


class Cable:
    """A TCP line to Redis that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator["Cable"]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        self.cut()
        await asyncio.sleep(0.05)

    def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._writers |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._writers -= {writer, back}


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.transport.abort()


@pytest.fixture
async def wired(clean_database: DatabaseUrls, redis_url: str) -> AsyncIterator[tuple[Auth, Cable]]:
    """A service whose line to Redis can be cut; the test's own is not."""
    parts = urlsplit(redis_url)
    assert parts.hostname is not None
    assert parts.port is not None
    redis = Redis.from_url(redis_url)
    async with Cable(parts.hostname, parts.port).laid() as cable:
        through = redis_url.replace(f":{parts.port}", f":{cable.port}")
        app = create_app(auth_settings(clean_database, through))
        async with running(app) as base, aiohttp.ClientSession() as session:
            yield Auth(base, session, clean_database, redis), cable
    await redis.aclose()


async def _appears(redis: Redis, key: str) -> bool:
    for _ in range(60):
        if await redis.exists(key):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_logout_is_kept_and_announced_later(wired: tuple[Auth, Cable], address: str) -> None:
    auth, cable = wired
    identity, tokens = await auth.signed_in(address)
    cable.cut()
    out = await auth.call("POST", "/api/v1/auth/logout", identity=identity)
    assert out.status == 503
    assert int(out.headers["Retry-After"]) > 0
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert await auth.redis.exists(f"revoked:sid:{identity.sid}") == 0
    cable.mend()
    assert await _appears(auth.redis, f"revoked:sid:{identity.sid}")


async def test_a_change_of_role_is_kept_and_announced_later(wired: tuple[Auth, Cable], address: str) -> None:
    auth, cable = wired
    admin = await auth.admin()
    reader, _ = await auth.signed_in(address)
    cable.cut()
    body = {"role": "editor"}
    changed = await auth.call("PATCH", f"/api/v1/auth/accounts/{reader.subject}", body, identity=admin)
    assert changed.status == 503
    cable.mend()
    assert await _appears(auth.redis, f"epoch:{reader.subject}")
    assert int(await auth.redis.get(f"epoch:{reader.subject}") or 0) == reader.epoch + 1


async def test_browsers_sign_in_and_are_known_without_redis(wired: tuple[Auth, Cable], address: str) -> None:
    auth, cable = wired
    cable.cut()
    await auth.register(address)
    opened = await auth.open_browser(address)
    assert opened.status == 201
    id_hash = hashlib.sha256(opened.body["session_id"].encode()).hexdigest()
    assert (await auth.resolve(id_hash)).body == opened.body["session"]
    assert (await auth.resolve(id_hash, "end")).status == 503
    assert (await auth.resolve(id_hash)).status == 404
    cable.mend()
    assert await _appears(auth.redis, f"revoked:sid:{opened.body['session']['sid']}")


async def test_a_replay_is_refused_without_redis_too(wired: tuple[Auth, Cable], address: str) -> None:
    auth, cable = wired
    identity, tokens = await auth.signed_in(address)
    assert (await auth.refresh(tokens["refresh_token"])).status == 200
    cable.cut()
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    cable.mend()
    assert await _appears(auth.redis, f"revoked:sid:{identity.sid}")


async def test_what_redis_forgot_is_announced_again(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    assert (await auth.call("POST", "/api/v1/auth/logout", identity=identity)).status == 204
    await asyncio.sleep(5)  # beyond the moments in which every end is announced again anyway
    await auth.redis.flushdb()
    assert await _appears(auth.redis, f"revoked:sid:{identity.sid}")


async def test_health_warns_and_does_not_fail(wired: tuple[Auth, Cable]) -> None:
    auth, cable = wired
    cable.cut()
    for _ in range(100):
        async with auth.session.get(auth.base + "/health") as response:
            document = await response.json(content_type=None)
        if "probes" in document["checks"]["redis:responseTime"][0].get("output", ""):
            break
        await asyncio.sleep(0.1)
    assert (response.status, document["status"]) == (200, "warn")
