"""Whoever hammers an account from many places has to wait; its owner, on a device that is known, does not."""

from __future__ import annotations

from typing import Any

from services.auth.lockout.devices import Devices
from tests.auth.auth_service import PASSWORD, Answer, Auth


async def _login(auth: Auth, email: str, password: str, address: str) -> Answer:
    body = {"email": email, "password": password}
    return await auth.call("POST", "/api/v1/auth/login", body, headers={"X-Forwarded-For": address})


async def _browser(auth: Auth, email: str, password: str, address: str, device: str = "") -> Answer:
    body: dict[str, Any] = {"email": email, "password": password, "address": address, "device": device}
    return await auth.call("POST", "/internal/sessions", body, caller="web")


async def _hammer(auth: Auth, email: str) -> list[Answer]:
    return [await _login(auth, email, "a wrong password", f"198.51.100.{number}") for number in range(14)]


async def test_the_owners_browser_gets_in_while_others_have_to_wait(auth: Auth, address: str) -> None:
    await auth.register(address)
    opened = await _browser(auth, address, PASSWORD, "192.0.2.1")
    mark = opened.body["device"]
    answers = await _hammer(auth, address)
    assert [answer.status for answer in answers[:11]] == [401] * 11
    refused = answers[-1]
    assert (refused.status, refused.body["type"]) == (429, "/docs/errors#too-many-requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await _browser(auth, address, PASSWORD, "203.0.113.9")).status == 429  # a stranger with the right one
    again = await _browser(auth, address, PASSWORD, "203.0.113.9", mark)
    assert again.status == 201
    assert again.body["device"] == mark


async def test_an_address_from_which_the_owner_is_signed_in_is_known(auth: Auth, address: str) -> None:
    await auth.register(address)
    assert (await _login(auth, address, PASSWORD, "192.0.2.1")).status == 200
    await _hammer(auth, address)
    assert (await _login(auth, address, PASSWORD, "203.0.113.9")).status == 429
    assert (await _login(auth, address, PASSWORD, "192.0.2.1")).status == 200
    await auth.rows("UPDATE session SET revoked_at = now()")
    assert (await _login(auth, address, PASSWORD, "192.0.2.1")).status == 429


async def test_the_answer_is_the_same_for_an_account_that_there_is_not(auth: Auth, address: str) -> None:
    await auth.register(address)
    known, unknown = await _hammer(auth, address), await _hammer(auth, "x" + address)
    assert [(a.status, a.body["detail"]) for a in known] == [(a.status, a.body["detail"]) for a in unknown]
    assert {frozenset(a.headers) for a in known} == {frozenset(a.headers) for a in unknown}


async def test_somebody_elses_mark_spares_nobody(auth: Auth, address: str) -> None:
    await auth.register(address)
    await auth.register("eve-" + address)
    mark = (await _browser(auth, "eve-" + address, PASSWORD, "192.0.2.1")).body["device"]
    await _hammer(auth, address)
    for device in (mark, mark + ".0", "A" * 22 + "." + "0" * 32, "nonsense"):
        assert (await _browser(auth, address, PASSWORD, "192.0.2.9", device)).status == 429, device


async def test_a_mark_knows_the_last_accounts_and_names_none(auth: Auth, address: str) -> None:
    mark, emails = "", [f"{n}-{address}" for n in range(6)]
    for email in emails:
        await auth.register(email)
        mark = (await _browser(auth, email, PASSWORD, "192.0.2.1", mark)).body["device"]
    assert mark.count(".") == 4
    ids = {row["email"]: row["id"] for row in await auth.rows("SELECT id, email FROM account")}
    devices = Devices("pepper-0123456789abcdefghijklmnopqrst")
    assert [bool(devices.knows(mark, ids[email])) for email in emails] == [False, False, True, True, True, True]
    assert not any(str(one) in mark for one in ids.values())
