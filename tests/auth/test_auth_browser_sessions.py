"""Browser sessions, as the web service opens, resolves and ends them."""

import asyncio
import hashlib
import json
from typing import Any

import pytest

from shared.contracts.sessions import BrowserSession, OpenedSession
from tests.auth.auth_service import Auth


def _hash(opened: dict[str, Any]) -> str:
    return hashlib.sha256(opened["session_id"].encode()).hexdigest()


async def _open(auth: Auth, email: str) -> tuple[dict[str, Any], str]:
    await auth.register(email)
    answer = await auth.open_browser(email)
    assert answer.status == 201, answer
    return answer.body, _hash(answer.body)


async def test_opening_and_resolving(auth: Auth, address: str) -> None:
    body, id_hash = await _open(auth, address)
    opened = OpenedSession.model_validate(body)
    assert len(opened.session_id) >= 43
    assert (opened.session.email, opened.session.role) == (address, "reader")
    resolved = await auth.resolve(id_hash)
    assert resolved.status == 200
    assert BrowserSession.model_validate(resolved.body) == opened.session
    [row] = await auth.rows("SELECT kind, user_agent, address, expires_at - created_at AS life FROM session")
    assert (row["kind"], row["user_agent"], row["address"]) == ("browser", "Firefox", "192.0.2.7")
    assert row["life"].total_seconds() == 12 * 3600


async def test_the_cached_session_is_what_is_resolved_and_short_lived(auth: Auth, address: str) -> None:
    body, id_hash = await _open(auth, address)
    assert json.loads(await auth.redis.get(f"sess:{id_hash}") or b"") == body["session"]
    assert 0 < await auth.redis.ttl(f"sess:{id_hash}") <= 60


async def test_postgresql_answers_when_redis_forgot_everything(auth: Auth, address: str) -> None:
    body, id_hash = await _open(auth, address)
    await auth.redis.flushdb()
    assert (await auth.resolve(id_hash)).body == body["session"]
    assert await auth.redis.exists(f"sess:{id_hash}") == 1


async def test_an_ended_session_stays_ended(auth: Auth, address: str) -> None:
    body, id_hash = await _open(auth, address)
    for _ in range(2):
        assert (await auth.resolve(id_hash, "end")).status == 204
        assert await auth.redis.exists(f"sess:{id_hash}") == 0
        assert await auth.redis.exists(f"revoked:sid:{body['session']['sid']}") == 1
    assert (await auth.resolve(id_hash)).status == 404
    await auth.redis.flushdb()
    assert (await auth.resolve(id_hash)).status == 404
    assert await auth.redis.exists(f"sess:{id_hash}") == 0


async def test_readers_that_race_the_end_bring_nothing_back(auth: Auth, address: str) -> None:
    _, id_hash = await _open(auth, address)
    readers = [auth.resolve(id_hash) for _ in range(20)]
    await asyncio.gather(*readers[:10], auth.resolve(id_hash, "end"), *readers[10:])
    assert await auth.redis.exists(f"sess:{id_hash}") == 0
    assert (await auth.resolve(id_hash)).status == 404


async def test_an_idle_session_ends_and_a_used_one_does_not(auth: Auth, address: str) -> None:
    _, id_hash = await _open(auth, address)
    idle = "UPDATE session SET last_used_at = now() - $1::text::interval"
    await auth.rows(idle, "29 minutes")
    assert (await auth.resolve(id_hash)).status == 200
    [row] = await auth.rows("SELECT now() - last_used_at < interval '1 minute' AS touched FROM session")
    assert row["touched"]
    await auth.rows(idle, "31 minutes")
    assert (await auth.resolve(id_hash)).status == 404


async def test_no_use_keeps_a_session_beyond_its_absolute_end(auth: Auth, address: str) -> None:
    _, id_hash = await _open(auth, address)
    await auth.rows("UPDATE session SET expires_at = now() - interval '1 second'")
    assert (await auth.resolve(id_hash)).status == 404


async def test_a_disabled_account_has_no_session(auth: Auth, address: str) -> None:
    _, id_hash = await _open(auth, address)
    await auth.rows("UPDATE account SET disabled_at = now()")
    assert (await auth.resolve(id_hash)).status == 404
    assert (await auth.open_browser(address)).status == 401


async def test_every_sign_in_has_a_new_id_that_is_kept_as_a_hash(auth: Auth, address: str) -> None:
    first, _ = await _open(auth, address)
    second, _ = await _open(auth, address)
    assert first["session_id"] != second["session_id"]
    rows = await auth.rows("SELECT row_to_json(s)::text AS kept FROM session s")
    assert len(rows) == 2
    assert all(body["session_id"] not in row["kept"] for row in rows for body in (first, second))


async def test_an_unknown_session_is_not_found_and_its_end_is_no_error(auth: Auth) -> None:
    assert (await auth.resolve("0" * 64)).status == 404
    assert (await auth.resolve("0" * 64, "end")).status == 204


@pytest.mark.parametrize("id_hash", ["", "0" * 63, "G" * 64, "0" * 64 + "\n"])
async def test_a_malformed_hash_is_refused(auth: Auth, id_hash: str) -> None:
    assert (await auth.resolve(id_hash)).status == 422


@pytest.mark.parametrize(("caller", "status"), [("gateway", 403), ("policy", 401)])
async def test_only_the_web_service_may_ask(auth: Auth, address: str, caller: str, status: int) -> None:
    _, id_hash = await _open(auth, address)
    credentials = {"email": address, "password": "whatever it is"}
    for path, body in (("", credentials), ("/resolve", {"id_hash": id_hash})):
        assert (await auth.call("POST", f"/internal/sessions{path}", body, caller=caller)).status == status
