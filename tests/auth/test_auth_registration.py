"""An account is signed in with once its address is confirmed, and nobody else's registration gets into it."""

from __future__ import annotations

import asyncio

from services.auth.keys import REGISTRATION
from tests.auth.auth_service import PASSWORD, Answer, Auth
from tests.mailbox import letters, mailed_token

OTHER_PASSWORD = "quiet-Lantern-58-meadow"
REGISTER, VERIFY = "/api/v1/auth/register", "/api/v1/auth/verify-email"


async def _ask(auth: Auth, email: str, lang: str = "", **changes: str) -> Answer:
    body = {"email": email, "password": PASSWORD, "display_name": "A Reader", **changes}
    return await auth.call("POST", REGISTER, body, headers={"Accept-Language": lang})


async def _verify(auth: Auth, token: str) -> Answer:
    return await auth.call("POST", VERIFY, {"token": token})


async def test_nobody_signs_in_before_the_letter_is_answered(auth: Auth, address: str) -> None:
    await _ask(auth, address, "fr-CA, en;q=0.5")
    assert (await auth.login(address)).status == 401
    assert (await auth.open_browser(address)).status == 401
    [letter] = await letters(auth.database, address)
    assert (letter["kind"], letter["lang"]) == ("verify", "fr")
    assert "http://localhost:8080/verify?token=" in letter["body"]
    answer = await _verify(auth, await mailed_token(auth.database, address))
    assert (answer.status, answer.body) == (200, {"status": "verified"})
    assert (await auth.login(address)).status == 200


async def test_a_link_works_once_for_a_day(auth: Auth, address: str) -> None:
    await _ask(auth, address)
    token = await mailed_token(auth.database, address)
    [row] = await auth.rows("SELECT expires_at - created_at AS life, hash FROM account_link")
    assert row["life"].total_seconds() == 86_400
    assert token.encode() not in row["hash"]
    answers = await asyncio.gather(*(_verify(auth, token) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200] + [403] * 4
    await _ask(auth, "x" + address)
    late = await mailed_token(auth.database, "x" + address)
    await auth.rows("UPDATE account_link SET expires_at = now()")
    refused = [await _verify(auth, one) for one in (late, token, "nonsense", "")]
    assert {(answer.status, answer.body["detail"]) for answer in refused} == {
        (403, "This link cannot be used: it has expired, or it was used already.")
    }


async def test_each_letter_confirms_the_registration_that_it_belongs_to(auth: Auth, address: str) -> None:
    """Whoever registers another's address, before or after them, does not get into what the owner confirms."""
    await _ask(auth, address, password=OTHER_PASSWORD, display_name="Eve")
    await _ask(auth, address, display_name="The Owner")
    owners = await mailed_token(auth.database, address, number=2)
    await _ask(auth, address, password=OTHER_PASSWORD, display_name="Eve")
    eves = await mailed_token(auth.database, address, number=3)
    assert (await _verify(auth, owners)).status == 200
    assert (await _verify(auth, eves)).status == 403
    assert (await auth.login(address, OTHER_PASSWORD)).status == 401
    assert (await auth.login(address)).status == 200
    assert [row["display_name"] for row in await auth.rows("SELECT display_name FROM account")] == ["The Owner"]


async def test_who_has_an_account_is_told_by_mail_alone(auth: Auth, address: str) -> None:
    await auth.register(address)
    known, unknown = await _ask(auth, address), await _ask(auth, "x" + address)
    assert (known.status, known.body, set(known.headers)) == (unknown.status, unknown.body, set(unknown.headers))
    letter = (await letters(auth.database, address))[-1]
    assert letter["kind"] == "known"
    assert "?token=" not in letter["body"]


async def test_an_address_that_nobody_confirms_is_free_again(auth: Auth, address: str) -> None:
    await _ask(auth, address)
    await auth.register("kept-" + address)
    await auth.rows("UPDATE account SET created_at = now() - interval '8 days'")
    await auth.app[REGISTRATION].forget_old()
    assert [row["email"] for row in await auth.rows("SELECT email FROM account")] == ["kept-" + address]


async def test_no_letter_holds_a_name_that_a_stranger_chose(auth: Auth, address: str) -> None:
    await _ask(auth, address, display_name="Win a prize at evil.example")
    [letter] = await letters(auth.database, address)
    assert "evil.example" not in letter["subject"] + letter["body"]
