"""API keys at the gateway: asked about once, believed for a moment, refused at once when revoked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from redis.asyncio import Redis

from shared.api_keys import hash_of, new_api_key
from shared.contracts.introspection import INTROSPECT, REVOKED_KEY_PREFIX, Introspection
from shared.contracts.sessions import ANNOUNCED_KEY, EPOCH_PREFIX
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.gateway.conftest import KEY, RunGateway
from tests.serving import running


@dataclass
class Auth:
    """The auth service's part: knows keys by their hash, and counts how often it is asked."""

    known: dict[str, Introspection] = field(default_factory=dict)
    asked: int = 0
    status: int = 200

    def app(self) -> web.Application:
        async def introspect(request: web.Request) -> web.Response:
            self.asked += 1
            assert InternalTokens(KEY, "auth").verify(request.headers[INTERNAL_HEADER]).caller == "gateway"
            body = await request.json()
            await asyncio.sleep(0.01)
            if self.status != 200:
                return web.json_response({}, status=self.status)
            said = self.known.get(body["token_hash"], Introspection(active=False))
            return web.json_response(said.model_dump(mode="json", exclude_defaults=True))

        app = web.Application()
        app.router.add_post(INTROSPECT, introspect)
        return app

    def make(self, name: str = "k-1", **changes: Any) -> str:
        """A key of an editor that may read drafts, at most."""
        text = new_api_key()
        said = {
            "active": True, "sub": "alice", "role": Role.EDITOR, "scope": "policies:read drafts:read", "epoch": 3,
            "exp": time.time() + 3600, "key": name, **changes,
        }  # fmt: skip
        self.known[hash_of(text).hex()] = Introspection(**said)
        return text


@dataclass
class Stage:
    """The gateway with its neighbours."""

    url: str
    auth: Auth
    redis: Redis
    client: aiohttp.ClientSession
    settings: dict[str, Any]
    """For one more gateway like it."""

    async def ask(self, credentials: str, scheme: str = "Bearer") -> tuple[int, dict[str, Any]]:
        """Status and body of a request with these credentials."""
        async with self.client.get(self.url, headers={"Authorization": f"{scheme} {credentials}"}) as response:
            return response.status, await response.json() | {"limit": response.headers["RateLimit-Policy"]}

    async def until(self, credentials: str, status: int) -> None:
        """Ask until this is the answer."""
        async with asyncio.timeout(10):
            while True:
                if (await self.ask(credentials))[0] == status:
                    return
                await asyncio.sleep(0.01)


def policy_app() -> web.Application:
    async def who(request: web.Request) -> web.Response:
        seen = InternalTokens(KEY, "policy").verify(request.headers[INTERNAL_HEADER])
        said = {"subject": seen.subject, "sid": seen.sid, "key": seen.key, "may": sorted(seen.permissions)}
        return web.json_response(said | {"given": request.headers.get("Authorization")})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", who)
    return app


@pytest.fixture
async def stage(run_gateway: RunGateway, redis_url: str) -> AsyncIterator[Stage]:
    auth = Auth()
    async with AsyncExitStack() as stack:
        auth_url = await stack.enter_async_context(running(auth.app()))
        policy_url = await stack.enter_async_context(running(policy_app()))
        settings = {
            "auth_url": auth_url, "policy_url": policy_url, "redis_url": SecretStr(redis_url), "redis_seconds": 10,
            "plans": {"partner": {"per_minute": 90, "burst": 30}, "tiny": {"per_minute": 6, "burst": 2},
                      "slow": {"per_minute": 1, "burst": 160}},
        }  # fmt: skip
        base = await stack.enter_async_context(run_gateway(**settings))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        redis = Redis.from_url(redis_url)
        stack.push_async_callback(redis.aclose)
        await redis.set(ANNOUNCED_KEY, b"1")
        yield Stage(f"{base}/api/v1/policies", auth, redis, client, settings)


async def test_a_key_becomes_an_internal_token_with_role_and_scope(stage: Stage) -> None:
    status, said = await stage.ask(stage.auth.make())
    assert status == 200
    limit = said.pop("limit")
    assert said == {"subject": "alice", "sid": "", "key": "k-1", "may": ["policies:read"], "given": None}
    assert limit == '"key";q=6000;w=60, "account";q=6000;w=60'


async def test_many_requests_ask_auth_once(stage: Stage) -> None:
    key = stage.auth.make()
    answers = await asyncio.gather(*(stage.ask(key) for _ in range(20)))
    assert {status for status, _ in answers} == {200}
    assert stage.auth.asked == 1


async def test_what_is_no_key_is_seen_without_asking(stage: Stage) -> None:
    key = stage.auth.make()
    for wrong in (key[:-1], key + "0", key[:5] + ("a" if key[5] != "a" else "b") + key[6:], "opp_", "opp_" + "a" * 36):
        status, problem = await stage.ask(wrong)
        assert (status, problem["type"]) == (401, "/docs/errors#unauthenticated")
    for scheme in ("Basic", "ApiKey", "Token"):
        assert (await stage.ask(key, scheme))[0] == 401, "there is one way to send a key"
    async with stage.client.get(stage.url, headers={"X-API-Key": key}) as response:
        assert (await response.json())["subject"] == "anonymous"
    async with stage.client.get(stage.url, params={"access_token": key}) as response:
        assert (await response.json())["subject"] == "anonymous"
    assert stage.auth.asked == 0


async def test_unknown_keys_are_remembered_and_guessing_ends(stage: Stage) -> None:
    unknown = new_api_key()
    for _ in range(5):
        assert (await stage.ask(unknown))[0] == 401
    assert stage.auth.asked == 1
    good = stage.auth.make()
    assert (await stage.ask(good))[0] == 200
    statuses = [(await stage.ask(new_api_key()))[0] for _ in range(40)]
    assert statuses == [401] * 29 + [429] * 11
    assert stage.auth.asked == 31
    assert (await stage.ask(good))[0] == 200, "what is known to be good goes on"


async def test_a_revoked_key_is_401_in_a_moment(stage: Stage) -> None:
    key, other = stage.auth.make(), stage.auth.make("k-2")
    assert (await stage.ask(key))[0] == (await stage.ask(other))[0] == 200
    await stage.redis.set(f"{REVOKED_KEY_PREFIX}k-1", b"1")
    await stage.until(key, 401)
    assert (await stage.ask(key))[0] == 401
    assert (await stage.ask(other))[0] == 200


async def test_after_a_change_of_role_the_key_may_what_role_and_scope_both_allow(stage: Stage) -> None:
    key = stage.auth.make()
    assert (await stage.ask(key))[1]["may"] == ["policies:read"]
    key_hash = hash_of(key).hex()
    stage.auth.known[key_hash] = stage.auth.known[key_hash].model_copy(update={"role": Role.REVIEWER, "epoch": 4})
    await stage.redis.set(f"{EPOCH_PREFIX}alice", b"4")
    async with asyncio.timeout(10):
        while True:
            if (await stage.ask(key))[1]["may"] == ["drafts:read", "policies:read"]:
                break
            await asyncio.sleep(0.01)
    await stage.redis.set(f"{EPOCH_PREFIX}alice", b"5")  # auth tells of an older state: a replica that lags
    await stage.until(key, 401)


async def test_a_key_ends_when_it_expires(stage: Stage) -> None:
    key = stage.auth.make(exp=time.time() + 1.5)
    assert (await stage.ask(key))[0] == 200
    await stage.until(key, 401)


@pytest.mark.parametrize("said", [{"active": True}, {"active": True, "sub": "alice", "role": "admin", "exp": 4e9},
                                  {"active": "maybe"}, {"active": True, "unheard": "of"}, []])  # fmt: skip
async def test_an_answer_that_makes_no_sense_lets_nobody_in(run_gateway: RunGateway, redis_url: str, said: Any) -> None:
    async def introspect(request: web.Request) -> web.Response:
        return web.json_response(said)

    app = web.Application()
    app.router.add_post(INTROSPECT, introspect)
    async with (
        running(app) as auth_url,
        running(policy_app()) as policy_url,
        run_gateway(auth_url=auth_url, policy_url=policy_url, redis_url=SecretStr(redis_url)) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/api/v1/policies", headers={"Authorization": f"Bearer {new_api_key()}"}) as response,
    ):
        assert response.status in (401, 503)


async def test_without_auth_an_unknown_key_is_503_and_is_asked_about_again(stage: Stage) -> None:
    known, unknown = stage.auth.make(), stage.auth.make("k-2")
    assert (await stage.ask(known))[0] == 200
    stage.auth.status = 500
    status, problem = await stage.ask(unknown)
    assert (status, problem["type"]) == (503, "/docs/errors#unavailable")
    assert (await stage.ask(known))[0] == 200
    stage.auth.status = 200
    assert (await stage.ask(unknown))[0] == 200


async def test_without_redis_or_its_memory_keys_are_503(stage: Stage, run_gateway: RunGateway) -> None:
    key = stage.auth.make()
    assert (await stage.ask(key))[0] == 200
    await stage.redis.flushall()
    await stage.until(key, 503)
    await stage.redis.set(ANNOUNCED_KEY, b"1")
    assert (await stage.ask(key))[0] == 200
    async with running(stage.auth.app()) as auth_url, run_gateway(auth_url=auth_url) as base:
        headers = {"Authorization": f"Bearer {key}"}
        async with stage.client.get(f"{base}/api/v1/policies", headers=headers) as response:
            assert response.status == 503


async def test_a_plan_of_the_account_counts_all_its_keys_and_a_plan_of_a_key_that_key_alone(stage: Stage) -> None:
    both = [stage.auth.make(name, plan="tiny") for name in ("k-1", "k-2")]
    assert (await stage.ask(both[0]))[1]["limit"] == '"key";q=6000;w=60, "tiny";q=6;w=60'
    assert [(await stage.ask(key))[0] for key in (both[1], both[0], both[1])] == [200, 429, 429]
    own = stage.auth.make("k-3", plan="tiny", key_plan="partner")
    status, said = await stage.ask(own)
    assert (status, said["limit"]) == (200, '"partner";q=90;w=60')
    forgotten = stage.auth.make("k-4", sub="bob", plan="no-more", key_plan="no-more")
    assert (await stage.ask(forgotten))[1]["limit"] == '"key";q=6000;w=60, "account";q=6000;w=60'


async def test_busy_keys_of_one_account_get_its_burst_of_two_gateways_and_not_one_more(
    stage: Stage, run_gateway: RunGateway
) -> None:
    keys = [stage.auth.make(f"k-{number}", plan="slow") for number in range(3)]
    statuses: list[int] = []
    async with run_gateway(**stage.settings) as base:
        both = (stage, replace(stage, url=f"{base}/api/v1/policies"))
        for _ in range(12):
            answers = await asyncio.gather(*(one.ask(key) for key in keys for one in both for _ in range(4)))
            statuses += [status for status, _ in answers]
    assert statuses.count(200) == 160
    assert statuses[-1] == 429
