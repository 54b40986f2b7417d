"""Codes and passkeys: each once, none by guessing, none from elsewhere, and a role's last one stays."""

import hashlib
from collections.abc import AsyncIterator

import pyotp
import pytest

from infra.db.addresses import DatabaseUrls
from shared.identity import Identity
from shared.permissions import Role, permissions_of
from tests.auth.auth_service import PASSWORD, PUBLIC_URL, Answer, Auth
from tests.auth.authenticator import Authenticator
from tests.auth.conftest import running_auth
from tests.mailbox import letters

FACTORS = "/api/v1/auth/factors"


@pytest.fixture
async def strict(clean_database: DatabaseUrls, redis_url: str) -> AsyncIterator[Auth]:
    """Editors need a second factor."""
    async with running_auth(clean_database, redis_url, two_factor_roles="editor") as auth:
        yield auth


async def _with_app(auth: Auth, address: str) -> tuple[Identity, pyotp.TOTP, list[str]]:
    identity, _ = await auth.signed_in(address)
    begun = (await auth.call("POST", f"{FACTORS}/app", identity=identity)).body
    app = pyotp.TOTP(begun["secret"])
    body = {"enrolment": begun["enrolment"], "code": app.now()}
    done = await auth.call("POST", f"{FACTORS}/app/confirm", body, identity=identity)
    assert done.status == 200, done
    return identity, app, done.body["recovery_codes"]


async def _login(auth: Auth, address: str, code: str = "") -> Answer:
    body = {"email": address, "password": PASSWORD, "code": code}
    return await auth.call("POST", "/api/v1/auth/login", body)


async def _forget_use(auth: Auth) -> None:
    """As if half a minute had passed since the last code, and no failure had been counted."""
    await auth.rows("UPDATE totp SET last_step = 0")


async def test_each_code_works_once_and_a_password_alone_no_more(auth: Auth, address: str) -> None:
    _, app, codes = await _with_app(auth, address)
    refused = await _login(auth, address)
    assert (refused.status, refused.body["type"]) == (401, "/docs/errors#second-factor-required")
    await _forget_use(auth)
    code = app.now()
    assert (await _login(auth, address, code)).status == 200
    assert (await _login(auth, address, code)).status == 401
    assert len(set(codes)) == 10
    assert (await _login(auth, address, codes[0].upper().replace("-", " "))).status == 200
    assert (await _login(auth, address, codes[0])).status == 401


async def test_no_secret_lies_open_in_the_database(auth: Auth, address: str) -> None:
    _, app, codes = await _with_app(auth, address)
    rows = await auth.rows("SELECT row_to_json(t)::text AS kept FROM totp t"
                           " UNION ALL SELECT row_to_json(r)::text FROM recovery_code r")  # fmt: skip
    kept = "".join(row["kept"] for row in rows)
    bare = codes[0].replace("-", "")
    for secret in (app.secret.encode(), codes[0].encode(), bare.encode(), hashlib.sha256(bare.encode()).digest()):
        assert secret.hex() not in kept


async def test_after_five_wrong_codes_the_password_is_asked_for_again(auth: Auth, address: str) -> None:
    _, app, _ = await _with_app(auth, address)
    await _forget_use(auth)
    pending = await auth.open_browser(address)
    assert (pending.status, pending.body["app"], pending.body["passkeys"]) == (202, True, False)
    ticket = pending.body["ticket"]
    wrong = await auth.call("POST", "/internal/sessions/finish", {"ticket": ticket, "code": "nonsense"}, caller="web")
    assert wrong.status == 422
    [row] = await auth.rows("SELECT attempts FROM ceremony WHERE purpose = 'sign-in'")
    assert row["attempts"] == 1
    await auth.rows("UPDATE ceremony SET attempts = 5")
    late = await auth.call("POST", "/internal/sessions/finish", {"ticket": ticket, "code": app.now()}, caller="web")
    assert late.status == 409


async def test_the_last_factor_stays_while_the_role_asks_for_one(strict: Auth, address: str) -> None:
    await strict.register(address)
    await strict.rows("UPDATE account SET role = 'editor'")
    narrowed = await strict.verify((await strict.login(address)).body["access_token"])
    assert narrowed.scope == "policies:read self:manage"
    _, app, _ = await _with_app(strict, address)
    await _forget_use(strict)
    editor = await strict.verify((await _login(strict, address, app.now())).body["access_token"])
    assert editor.permissions == permissions_of(Role.EDITOR)
    assert (await strict.call("GET", "/api/v1/auth/me", identity=narrowed)).status == 401
    assert (await strict.call("DELETE", f"{FACTORS}/app", identity=editor)).status == 409
    assert (await strict.call("GET", FACTORS, identity=editor)).body["app"] is not None


async def test_a_passkey_alone_signs_in_and_each_challenge_works_once(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    begun = (await auth.call("POST", f"{FACTORS}/passkeys/options", identity=identity)).body
    device = Authenticator(PUBLIC_URL)
    body = {"enrolment": begun["enrolment"], "credential": device.create(begun["options"])}
    assert (await auth.call("POST", f"{FACTORS}/passkeys", body, identity=identity)).status == 201

    async def show(**changes: str) -> Answer:
        asked = (await auth.call("POST", "/internal/sessions/challenge", {}, caller="web")).body
        shown = {"challenge": asked["challenge"], "credential": device.get(asked["options"], **changes)}
        answer = await auth.call("POST", "/internal/sessions/finish", shown, caller="web")
        again = await auth.call("POST", "/internal/sessions/finish", shown, caller="web")
        assert again.status == 409
        return answer

    assert (await show()).status == 201
    assert (await show(origin="https://elsewhere.example")).status == 422
    assert (await show(challenge="AAAA")).status == 422
    device.count = 0  # a copy of it lags behind
    assert (await show()).status == 422
    device.count, device.verifies = 50, False
    assert (await show()).status == 422  # nobody was verified, so it does not stand for the password


@pytest.mark.parametrize("credential", [{}, {"id": 1}, {"id": "AA", "rawId": "AA", "response": {}}])
async def test_nonsense_is_no_passkey(auth: Auth, credential: dict[str, object]) -> None:
    asked = (await auth.call("POST", "/internal/sessions/challenge", {}, caller="web")).body
    body = {"challenge": asked["challenge"], "credential": credential}
    assert (await auth.call("POST", "/internal/sessions/finish", body, caller="web")).status == 422


async def test_the_owner_is_told_of_factors_that_come_and_go(auth: Auth, address: str) -> None:
    identity, _, _ = await _with_app(auth, address)
    assert (await auth.call("DELETE", f"{FACTORS}/app", identity=identity)).status == 204
    kinds = [letter["kind"] for letter in await letters(auth.database, address)]
    assert kinds[-2:] == ["factor-added", "factor-removed"]
