"""Header fields with which a client claims to be somebody else, or to be somewhere else."""

import asyncio

import psycopg
import pytest

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.gateway.sockets import read_head, serving
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.web.web_stack import KEY

ADMIN_ONLY = "/api/v1/auth/accounts"
_SPELLINGS = ["X-Internal-Token", "X_Internal_Token", "x-internal_token", "X-INTERNAL-TOKEN"]
_CLAIMS = ["X-User", "X_User", "X-User-Id", "X-Role", "X_Role", "X-Account", "X-Auth-Role", "Remote-User", "X-Scope"]


def stolen_token(audience: str) -> str:
    """The best that an attacker could hold: a token of the gateway's own making, for an administrator."""
    return InternalTokens(KEY, "gateway").mint(Identity("mallory", Role.ADMIN), audience)


@pytest.mark.parametrize("name", _SPELLINGS)
async def test_an_internal_token_from_outside_is_dropped(platform: Platform, name: str) -> None:
    sent = {name: stolen_token("auth")}
    async with platform.session.get(platform.gateway + ADMIN_ONLY, headers=sent) as response:
        assert response.status == 401, await response.text()


@pytest.mark.parametrize("name", _SPELLINGS[:2])
async def test_an_internal_token_adds_nothing_to_somebodys_own_rights(platform: Platform, name: str) -> None:
    reader = await platform.person("reader")
    sent = reader.headers | {name: stolen_token("auth")}
    async with platform.session.get(platform.gateway + ADMIN_ONLY, headers=sent) as response:
        assert response.status == 403, await response.text()


@pytest.mark.parametrize("name", _CLAIMS)
async def test_a_claimed_role_is_worth_nothing(platform: Platform, name: str) -> None:
    async with platform.session.get(platform.gateway + ADMIN_ONLY, headers={name: "admin"}) as response:
        assert response.status == 401


@pytest.mark.parametrize("name", ["X-Internal-Token", "X_Internal_Token", "X-Forwarded-For", "Authorization"])
async def test_connection_cannot_nominate_what_the_gateway_says(platform: Platform, name: str) -> None:
    """A field that `Connection` names is for the next hop only: so an attacker would have the gateway's own dropped."""
    reader = await platform.person("reader")
    sent = reader.headers | {"Connection": f"keep-alive, {name}", "X-Internal-Token": stolen_token("auth")}
    async with platform.session.get(platform.gateway + "/api/v1/auth/me", headers=sent) as response:
        assert response.status == 200
        assert (await response.json())["email"] == reader.email


async def test_the_services_hear_of_the_real_address_only(platform: Platform) -> None:
    """Where somebody signed in from stands in the list of sessions; what the client claims must not."""
    person = await platform.person("reader", fresh=True)
    claims = dict.fromkeys(("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded"), "203.0.113.66")
    body = {"email": person.email, "password": "plum-Orbit-94-tangerine"}
    async with platform.session.post(platform.gateway + "/api/v1/auth/login", json=body, headers=claims) as response:
        assert response.status == 200
    with psycopg.connect(platform.database.owner_url) as connection:
        query = "SELECT DISTINCT address FROM auth.session WHERE account_id = %s"
        assert connection.execute(query, (person.account_id,)).fetchall() == [("127.0.0.1",)]


async def test_the_stolen_token_would_have_been_good(platform: Platform) -> None:
    """The service itself takes it: so it is the gateway that keeps such fields out."""
    headers = {INTERNAL_HEADER: stolen_token("auth")}
    async with platform.session.get(platform.services["auth"] + ADMIN_ONLY, headers=headers) as response:
        assert response.status == 200


async def test_nothing_that_claims_an_identity_reaches_a_service(platform: Platform) -> None:
    """Not even behind the gateway's own field of the same name, where the next reader might find it."""
    heads: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_head(reader):
            heads.append(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    names = [*_SPELLINGS, *_CLAIMS, "X-Forwarded-For", "X_Forwarded_Host", "Forwarded", "X-Original-URL"]
    async with serving(note) as service:
        services = {**platform.services, "policy": service}
        async with running_gateway(services, platform.redis_url, **ROOMY) as gateway:
            sent = dict.fromkeys(names, "mallory")
            async with platform.session.get(f"{gateway}/api/v1/kinds", headers=sent) as response:
                assert response.status == 200
    (asked,) = [head for head in heads if b" /api/v1/kinds " in head]
    assert b"mallory" not in asked
    assert asked.lower().count(b"\r\nx-internal-token: ") == 1
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in asked
