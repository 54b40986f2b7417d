"""Commits that change what readers see are announced in Redis, and only they."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from infra.db.addresses import DatabaseUrls
from services.policy.announcing import announcing
from shared.contracts.changes import CHANNEL, COUNT_KEY, LISTENING_KEY, Changed
from tests.policy.imported import rows
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes
from tests.waiting import until


@contextlib.asynccontextmanager
async def heard(database: DatabaseUrls, redis_url: str) -> AsyncIterator[tuple["Redis", PubSub]]:
    """What is announced, from the moment on that everything is."""
    async with Redis.from_url(redis_url, socket_timeout=5) as redis, redis.pubsub() as subscription:
        await subscription.subscribe(CHANNEL)
        await subscription.get_message(timeout=5)
        async with announcing(database.policy_url, redis_url):
            assert (await _next(subscription)).tags is None, "what was committed before is not known"
            await until(lambda: _listens(redis))
            yield redis, subscription


async def _listens(redis: "Redis") -> bool:
    return bool(await redis.exists(LISTENING_KEY))


async def _next(subscription: PubSub) -> Changed:
    async with asyncio.timeout(5):
        while (message := await subscription.get_message(timeout=5)) is None:
            pass
    return Changed.model_validate_json(message["data"])


async def test_texts_and_their_search_entries(clean_database: DatabaseUrls, redis_url: str, tmp_path: Path) -> None:
    async with heard(clean_database, redis_url) as (redis, subscription):
        await import_notes(clean_database.policy_url, write_notes(tmp_path, {"a": note("A-1"), "b": note("B-2")}))
        tags: set[str] = set()
        while tags != {"xx/act/a-1", "xx/act/b-2"}:
            said = await _next(subscription)
            assert said.tags is not None
            tags.update(said.tags)
        assert rows(clean_database.policy_url, "DELETE FROM work WHERE number = 'A-1' RETURNING number") == [("A-1",)]
        while (said := await _next(subscription)).tags != ("xx/act/a-1",):
            assert said.tags == (), "the end of the import, or its search entries"
        async with asyncio.timeout(5):
            while int(await redis.get(COUNT_KEY) or 0) != said.number:
                said = await _next(subscription)


async def test_what_is_not_committed_is_not_announced(clean_database: DatabaseUrls, redis_url: str) -> None:
    insert = "INSERT INTO jurisdiction (id, names, named) VALUES (%s, '{}', '{}')"
    async with heard(clean_database, redis_url) as (_, subscription):
        with psycopg.connect(clean_database.policy_url) as connection:
            connection.execute(insert, ["one"])
            connection.rollback()
            connection.execute(insert, ["two"])
            connection.execute("SELECT pg_notify('openpolicy_changes', 'xx/act/marker')")
        assert (await _next(subscription)).tags == ("xx/act/marker",)


async def test_a_lost_connection_is_told_as_a_change_of_anything(clean_database: DatabaseUrls, redis_url: str) -> None:
    async with heard(clean_database, redis_url) as (redis, subscription):
        listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        with psycopg.connect(clean_database.policy_url, autocommit=True) as connection:
            connection.execute(listening, ["openpolicy-announcer"])
        assert (await _next(subscription)).tags is None
        await until(lambda: _listens(redis))
