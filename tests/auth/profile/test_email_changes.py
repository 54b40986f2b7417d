"""Moving an account to another address: only with that mailbox, and the one before can take it back."""

from __future__ import annotations

from shared.identity import Identity
from tests.auth.auth_service import Answer, Auth
from tests.mailbox import letters, mailed_token

ROOT = "/api/v1/auth"
NEW = "quiet-Lantern-58-meadow"


async def _ask(auth: Auth, email: str, identity: Identity) -> Answer:
    return await auth.call("POST", f"{ROOT}/email", {"email": email}, identity=identity)


async def _follow(auth: Auth, step: str, token: str) -> int:
    return (await auth.call("POST", f"{ROOT}/email/{step}", {"token": token})).status


async def test_the_new_mailbox_confirms_and_the_old_one_hears(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    new = "new-" + address
    assert (await _ask(auth, new.upper(), identity)).status == 202
    assert (await auth.login(address)).status == 200  # nothing has changed yet
    token = await mailed_token(auth.database, new, "change-email")
    assert await _follow(auth, "confirm", token) == 204
    assert await _follow(auth, "confirm", token) == 403
    assert (await auth.login(address)).status == 401
    assert (await auth.login(new)).status == 200
    assert (await auth.refresh(tokens["refresh_token"])).status == 200  # sessions go on
    assert (await letters(auth.database, address))[-1]["kind"] == "email-changed"


async def test_the_old_mailbox_takes_a_stolen_account_back(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    thief = "thief-" + address
    await _ask(auth, thief, identity)
    await _follow(auth, "confirm", await mailed_token(auth.database, thief, "change-email"))
    stolen, _ = await auth.signed_in(thief)
    key = await auth.call("POST", f"{ROOT}/keys", {"name": "k", "scopes": ["policies:read"]}, identity=stolen)
    assert key.status == 201, key
    await auth.register(address, confirmed=False)  # to hold the address against its owner
    undo = await mailed_token(auth.database, address, "email-changed")
    assert await _follow(auth, "undo", undo) == 204
    assert await _follow(auth, "undo", undo) == 403
    assert (await auth.login(thief)).status == 401
    assert (await auth.login(address)).status == 401  # the thief knows that password
    assert (await auth.refresh(tokens["refresh_token"])).status == 401
    assert (await auth.call("GET", f"{ROOT}/me", identity=stolen)).status == 401
    assert [row["revoked_at"] is None for row in await auth.rows("SELECT revoked_at FROM api_key")] == [False]
    token = await mailed_token(auth.database, address, "reset")
    assert (await auth.call("POST", f"{ROOT}/password-reset", {"token": token, "password": NEW})).status == 204
    again = await auth.verify((await auth.login(address, NEW)).body["access_token"])
    assert again.subject == identity.subject


async def test_an_address_of_somebody_else_is_not_told_and_not_taken(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    taken = "taken-" + address
    await auth.register(taken)
    free = await _ask(auth, "free-" + address, identity)
    answer = await _ask(auth, taken, identity)
    assert (answer.status, answer.body, set(answer.headers)) == (free.status, free.body, set(free.headers))
    assert [one["kind"] for one in await letters(auth.database, taken)] == ["verify", "known"]
    # Taken between the question and the confirmation: the first who confirms has it.
    token = await mailed_token(auth.database, "free-" + address, "change-email")
    await auth.register("free-" + address)
    assert await _follow(auth, "confirm", token) == 403
    assert (await auth.login(address)).status == 200


async def test_somebody_who_only_registered_an_address_does_not_hold_it(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.register("new-" + address, name="A Squatter", confirmed=False)
    assert (await _ask(auth, "new-" + address, identity)).status == 202
    token = await mailed_token(auth.database, "new-" + address, "change-email")
    assert await _follow(auth, "confirm", token) == 204
    assert (await auth.login("new-" + address)).status == 200


async def test_it_needs_a_recent_sign_in(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    await auth.rows("UPDATE session SET authenticated_at = now() - interval '11 minutes'")
    refused = await _ask(auth, "new-" + address, identity)
    assert (refused.status, refused.body["type"]) == (403, "/docs/errors#reauthentication-required")
    assert (await _ask(auth, address, identity)).status == 403


async def test_ones_own_address_is_no_new_one(auth: Auth, address: str) -> None:
    identity, _ = await auth.signed_in(address)
    answer = await _ask(auth, address, identity)
    assert (answer.status, answer.body["errors"][0]["detail"]) == (422, "is your address already")
