"""Signing in with an account elsewhere: by issuer and subject, for what the provider signed, and for nothing else."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pyotp
import pytest
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.auth.federation import provider as provider_module
from services.auth.federation.settings import Provider
from shared.identity import ANONYMOUS, Identity
from shared.permissions import Role
from tests.auth.auth_service import PASSWORD, PUBLIC_URL, Answer, Auth
from tests.auth.conftest import running_auth
from tests.auth.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.serving import running

ADA = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Mallory"}
CALLBACK = f"{PUBLIC_URL}/login/with/{{}}/callback"


@dataclass
class Stage:
    """Auth with two providers; browsers go to the first unless told otherwise."""

    auth: Auth
    provider: IdentityProvider
    other: IdentityProvider

    async def begin(self, name: str = "first", **more: Any) -> dict[str, str]:
        identity = more.pop("identity", None)
        sent = {"provider": name, "next": "/browse", **more}
        who = {} if identity is None else {"identity": identity}
        answer = await self.auth.call("POST", "/internal/federation/begin", sent, caller="web", **who)
        assert answer.status == 201, answer
        begun: dict[str, str] = answer.body
        return begun

    async def visit(self, address: str) -> dict[str, str]:
        """What the provider sends the browser back with."""
        async with self.auth.session.get(address, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            query = parse_qs(urlsplit(response.headers["Location"]).query)
        return {name: value[0] for name, value in query.items()}

    async def finish(self, browser: str, back: dict[str, str], name: str = "first") -> Answer:
        body = {"provider": name, "browser": browser, "state": "", **back}
        return await self.auth.call("POST", "/internal/federation/finish", body, caller="web")

    async def sign_in(self, name: str = "first", **more: Any) -> Answer:
        begun = await self.begin(name, **more)
        return await self.finish(begun["browser"], await self.visit(begun["address"]), name)

    async def reasons(self) -> list[str]:
        rows = await self.auth.rows("SELECT detail FROM audit_event WHERE action = 'login.refused' ORDER BY id")
        return [json.loads(row["detail"])["reason"] for row in rows]


@contextlib.asynccontextmanager
async def staged(database: DatabaseUrls, redis_url: str, **changes: Any) -> AsyncIterator[Stage]:
    first = IdentityProvider({CALLBACK.format("first")})
    other = IdentityProvider({CALLBACK.format("other")}, algorithm="RS256")
    async with running(first.application()) as first.issuer, running(other.application()) as other.issuer:
        providers = tuple(
            Provider(
                name=name, label=name.title(), issuer=each.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET)
            )
            for name, each in (("first", first), ("other", other))
        )
        async with running_auth(database, redis_url, oidc_providers=providers, **changes) as auth:
            yield Stage(auth, first, other)


@pytest.fixture
async def stage(clean_database: DatabaseUrls, redis_url: str) -> AsyncIterator[Stage]:
    async with staged(clean_database, redis_url) as made:
        yield made


def _identity(session: dict[str, Any]) -> Identity:
    return Identity(session["subject"], Role(session["role"]), sid=session["sid"], epoch=session["epoch"])


async def test_a_stranger_with_a_verified_address_gets_an_account_that_issuer_and_subject_open_again(
    stage: Stage,
) -> None:
    first = await stage.sign_in()
    assert first.status == 201, first
    session = first.body["opened"]["session"]
    assert (session["email"], session["display_name"], session["role"]) == ("ada@example.org", "Ada", "reader")
    assert first.body["next"] == "/browse"
    stage.provider.person |= {"email": "new@example.org", "email_verified": False}  # an address is not who somebody is
    again = await stage.sign_in()
    assert again.body["opened"]["session"]["subject"] == session["subject"]
    stage.provider.person |= {"sub": "s-2", "email": "eve@example.org", "email_verified": True}
    assert (await stage.sign_in()).body["opened"]["session"]["subject"] != session["subject"]
    rows = await stage.auth.rows("SELECT action, detail FROM audit_event ORDER BY id")
    assert [row["action"] for row in rows[:3]] == ["account.registered", "login.linked", "session.signed-in"]
    assert "federated" in rows[2]["detail"]
    assert (await stage.auth.open_browser("ada@example.org", "")).status == 401


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_each_accepted_algorithm_and_a_new_key_are_understood(
    stage: Stage, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.provider.algorithm = algorithm
    stage.provider.rotate()
    assert (await stage.sign_in()).status == 201
    assert (await stage.sign_in()).status == 201
    assert stage.provider.asked == ["description", "keys"]
    stage.provider.rotate()
    assert (await stage.sign_in()).status == 403  # keys are not asked for at each token that names an unknown one
    monkeypatch.setattr(provider_module, "AGAIN_SECONDS", 0.0)
    assert (await stage.sign_in()).status == 201
    assert stage.provider.asked == ["description", "keys", "keys"]


def _unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none", headers=header)


def _with_client_secret(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return jwt.encode(claims, SECRET.ljust(32), "HS256", headers=header)


def _own_key_in_header(claims: dict[str, Any], header: dict[str, Any]) -> str:
    stranger = IdentityProvider(set())
    return jwt.encode(claims, stranger.key, "ES256", headers=header | {"jwk": stranger.public_key()})


WRONG_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"nonce": "another"}, "of another sign-in"),
    ({"nonce": None}, "MissingRequiredClaim"),
    ({"aud": "somebody-else"}, "InvalidAudience"),
    ({"aud": [CLIENT, "somebody-else"]}, "made for somebody else"),
    ({"azp": "somebody-else"}, "made for somebody else"),
    ({"iss": "https://accounts.example"}, "InvalidIssuer"),
    ({"exp": int(time.time()) - 3600}, "ExpiredSignature"),
    ({"exp": None}, "MissingRequiredClaim"),
    ({"nbf": int(time.time()) + 3600}, "ImmatureSignature"),
    ({"sub": ""}, "no usable subject"),
    ({"email_verified": False}, "has not verified an address"),
    ({"email_verified": "true"}, "has not verified an address"),
    ({"email": None}, "has not verified an address"),
]
WRONG_TOKENS: list[tuple[dict[str, Any], Callable[..., Any] | None, str]] = [
    ({}, _unsigned, "signed in a way that is not accepted"),
    ({}, _with_client_secret, "signed in a way that is not accepted"),
    ({}, _own_key_in_header, "InvalidSignature"),
    ({"kid": "k-2"}, None, "signed by an unknown key"),
    ({"kid": "../k-1"}, None, "signed by an unknown key"),
    ({"typ": "at+jwt"}, None, "signed in a way that is not accepted"),
    ({"crit": ["b64"], "b64": True}, None, "identity token"),
    ({}, lambda claims, header: "not.a.token", "DecodeError"),
    ({}, lambda claims, header: "x" * 20_000, "no identity token"),
    ({}, lambda claims, header: 1, "no identity token"),
]


@pytest.fixture
async def shared_stage(database: DatabaseUrls, redis_url: str) -> AsyncIterator[Stage]:
    """Over the session's database: for what leaves no account."""
    async with staged(database, redis_url) as made:
        yield made


async def test_claims_that_are_not_for_this_sign_in_are_refused(shared_stage: Stage) -> None:
    for wrong, reason in WRONG_CLAIMS:
        shared_stage.provider.wrong_claims = wrong
        assert (await shared_stage.sign_in()).status == 403, wrong
        assert reason in (await shared_stage.reasons())[-1], wrong


async def test_what_the_provider_did_not_sign_is_refused(shared_stage: Stage) -> None:
    for header, sign, reason in WRONG_TOKENS:
        shared_stage.provider.wrong_header, shared_stage.provider.sign = header, sign
        assert (await shared_stage.sign_in()).status == 403, reason
        assert reason in (await shared_stage.reasons())[-1], header


async def test_an_answer_is_good_once_in_its_own_browser_for_its_own_provider(shared_stage: Stage) -> None:
    stage = shared_stage
    begun = await stage.begin()
    back = await stage.visit(begun["address"])
    assert (await stage.finish("another-browser", back)).status == 403
    assert (await stage.finish(begun["browser"], back)).status == 403  # the state was used up

    begun = await stage.begin()
    back = await stage.visit(begun["address"])
    assert (await stage.finish(begun["browser"], back, "other")).status == 403  # mixed up
    begun = await stage.begin()
    back = await stage.visit(begun["address"])
    stolen = await stage.begin()
    code_of_another = back | {"state": (await stage.visit(stolen["address"]))["state"]}
    assert (await stage.finish(stolen["browser"], code_of_another)).status == 403  # the code needs its verifier

    for issuer in (stage.other.issuer, None):
        stage.provider.iss_in_answer = issuer
        assert (await stage.sign_in()).status == 403
    stage.provider.iss_in_answer = ""
    begun = await stage.begin()
    back = await stage.visit(begun["address"])
    refused = await stage.finish(begun["browser"], {"state": back["state"], "error": "access_denied"})
    assert refused.status == 403
    assert "access_denied" not in json.dumps(refused.body)
    assert (await stage.reasons())[-5:] == [
        "answered by another provider", "the code was refused", "answered by another issuer", "no issuer in the answer",
        "the provider did not recognise anybody",
    ]  # fmt: skip
    ttl = await stage.auth.redis.ttl((await stage.auth.redis.keys("federation:flow:*") or [b"none"])[0])
    assert ttl <= 600


async def test_the_owner_of_an_address_has_to_sign_in_before_it_is_linked(stage: Stage) -> None:
    auth = stage.auth
    owner, _ = await auth.signed_in("ada@example.org")
    eve, _ = await auth.signed_in("eve@example.org")
    waiting = (await stage.sign_in()).body
    assert (waiting["opened"], waiting["pending"]) == (None, None)
    assert await auth.rows("SELECT FROM federated_identity") == []
    ticket = {"ticket": waiting["ticket"]}
    for who in (eve, ANONYMOUS):
        answer = await auth.call("POST", "/internal/federation/confirm", ticket, caller="web", identity=who)
        assert answer.status == (401 if who is ANONYMOUS else 409), answer
    look = await auth.call("POST", "/internal/federation/waiting", ticket, caller="web", identity=owner)
    assert look.body == {"label": "First"}
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '1 hour' WHERE sid = $1", owner.sid)
    stale = await auth.call("POST", "/internal/federation/confirm", ticket, caller="web", identity=owner)
    assert stale.body["type"].endswith("#reauthentication-required")
    await auth.rows("UPDATE session SET authenticated_at = now() WHERE sid = $1", owner.sid)
    for status in (204, 409):
        done = await auth.call("POST", "/internal/federation/confirm", ticket, caller="web", identity=owner)
        assert done.status == status, done
    assert (await stage.sign_in()).body["opened"]["session"]["subject"] == owner.subject
    # Linking on purpose, from one's own account, whatever the address; an identity has one account.
    begun = await stage.begin("first", link=True, identity=eve)
    taken = (await stage.finish(begun["browser"], await stage.visit(begun["address"]))).body["ticket"]
    answer = await auth.call("POST", "/internal/federation/confirm", {"ticket": taken}, caller="web", identity=eve)
    assert answer.status == 409


async def test_an_address_that_nobody_proved_goes_to_who_proves_it(stage: Stage) -> None:
    auth = stage.auth
    await auth.call("POST", "/api/v1/auth/register", ADA)
    await auth.rows("UPDATE account SET verified_at = NULL")
    session = (await stage.sign_in()).body["opened"]["session"]
    assert session["email"] == "ada@example.org"
    assert (await auth.login("ada@example.org")).status == 401


async def test_a_link_is_listed_and_removed_but_not_the_last_way_in(stage: Stage) -> None:
    auth = stage.auth
    identity = _identity((await stage.sign_in()).body["opened"]["session"])
    [login] = (await auth.call("GET", "/api/v1/auth/logins", identity=identity)).body["items"]
    assert (login["provider"], login["label"], login["issuer"]) == ("first", "First", stage.provider.issuer)
    assert (await auth.call("DELETE", login["href"], identity=identity)).status == 409
    begun = await stage.begin("other", link=True, identity=identity)
    back = await stage.visit(begun["address"])
    ticket = (await stage.finish(begun["browser"], back, "other")).body["ticket"]
    confirm = await auth.call(
        "POST", "/internal/federation/confirm", {"ticket": ticket}, caller="web", identity=identity
    )
    assert confirm.status == 204, confirm
    stranger, _ = await auth.signed_in("eve@example.org")
    assert (await auth.call("DELETE", login["href"], identity=stranger)).status == 404
    assert (await auth.call("DELETE", login["href"], identity=identity)).status == 204
    assert (await auth.call("DELETE", login["href"], identity=identity)).status == 404
    [left] = (await auth.call("GET", "/api/v1/auth/logins", identity=identity)).body["items"]
    assert (await auth.call("DELETE", left["href"], identity=identity)).status == 409
    await auth.rows("UPDATE account SET password_hash = 'another' WHERE id = $1", identity.subject)
    assert (await auth.call("DELETE", left["href"], identity=identity)).status == 204


async def test_the_second_factor_of_the_account_is_still_asked_for(stage: Stage) -> None:
    identity = _identity((await stage.sign_in()).body["opened"]["session"])
    root = "/api/v1/auth/factors/app"
    app = (await stage.auth.call("POST", root, identity=identity)).body
    codes = pyotp.TOTP(app["secret"])
    confirmation = {"enrolment": app["enrolment"], "code": codes.now()}
    recovery = (await stage.auth.call("POST", f"{root}/confirm", confirmation, identity=identity)).body
    outcome = (await stage.sign_in()).body
    assert (outcome["opened"], outcome["pending"]["app"], outcome["next"]) == (None, True, "/browse")
    shown = {"ticket": outcome["pending"]["ticket"], "code": recovery["recovery_codes"][0]}
    opened = await stage.auth.call("POST", "/internal/sessions/finish", shown, caller="web")
    assert opened.status == 201, opened
    [row] = await stage.auth.rows("SELECT methods FROM session WHERE sid = $1", opened.body["session"]["sid"])
    assert sorted(row["methods"]) == ["federated", "recovery"]


async def test_a_disabled_account_stays_closed_and_providers_are_listed(stage: Stage) -> None:
    assert (await stage.auth.call("GET", "/api/v1/auth/providers")).body == {
        "items": [{"name": "first", "label": "First"}, {"name": "other", "label": "Other"}]
    }
    await stage.sign_in()
    await stage.auth.rows("UPDATE account SET disabled_at = now()")
    assert (await stage.sign_in()).status == 403


async def test_a_provider_that_is_away_or_talks_nonsense_is_not_waited_for(shared_stage: Stage) -> None:
    stage = shared_stage
    for description in (
        {"issuer": "https://accounts.example"}, {"token_endpoint": "http://192.0.2.1/token"}, {"jwks_uri": 1},
        {"code_challenge_methods_supported": ["plain"]}, {"padding": "x" * 300_000},
    ):  # fmt: skip
        stage.provider.description = description
        sent = {"provider": "first"}
        answer = await stage.auth.call("POST", "/internal/federation/begin", sent, caller="web")
        assert answer.status == 503, (description, answer)
    assert (await stage.auth.call("POST", "/internal/federation/begin", {"provider": "x"}, caller="web")).status == 404
    assert (await stage.auth.call("POST", "/internal/federation/begin", {"provider": "other"})).status == 403
