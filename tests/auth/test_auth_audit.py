"""The audit trail tells what happened, names nobody it should not, and cannot be rewritten by the service."""

import asyncpg
import pytest

from tests.auth.auth_service import Auth


async def test_what_is_recorded(auth: Auth, address: str) -> None:
    admin = await auth.admin()
    identity, tokens = await auth.signed_in(address)
    await auth.login(address, "a wrong password")
    await auth.login("nobody-" + address, "a wrong password")
    await auth.call("PATCH", f"/api/v1/auth/accounts/{identity.subject}", {"role": "editor"}, identity=admin)
    await auth.refresh(tokens["refresh_token"])
    await auth.refresh(tokens["refresh_token"])
    await auth.call("POST", "/api/v1/auth/logout", identity=admin)
    rows = await auth.rows(
        "SELECT action, actor, subject, sid, pseudonym, detail, request_id FROM audit_event ORDER BY id"
    )
    assert [row["action"] for row in rows] == [
        "first-admin.linked",
        "first-admin.made",
        "session.signed-in",
        "account.registered",
        "account.verified",
        "session.signed-in",
        "session.sign-in-failed",
        "session.sign-in-failed",
        "account.role-changed",
        "session.refresh-reused",
        "session.signed-out",
    ]
    changed = rows[8]
    assert (str(changed["actor"]), str(changed["subject"])) == (admin.subject, identity.subject)
    assert '"from": "reader"' in changed["detail"]
    assert all(row["request_id"] for row in rows[1:])
    registered, known, unknown = rows[3], rows[6], rows[7]
    assert known["pseudonym"] == registered["pseudonym"] != unknown["pseudonym"]
    assert (str(known["subject"]), unknown["subject"]) == (identity.subject, None)


async def test_no_address_password_or_token_is_in_it(auth: Auth, address: str) -> None:
    _, tokens = await auth.signed_in(address)
    await auth.login(address, "a wrong password")
    rows = await auth.rows("SELECT row_to_json(e)::text AS kept FROM audit_event e")
    assert len(rows) >= 3
    for row in rows:
        for secret in (address, address.partition("@")[0], "wrong password", tokens["refresh_token"]):
            assert secret not in row["kept"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET action = ''", "DELETE FROM audit_event", "TRUNCATE audit_event",
                  "ALTER TABLE audit_event DISABLE TRIGGER ALL", "DROP TABLE audit_event"],
)  # fmt: skip
async def test_the_service_cannot_rewrite_it(auth: Auth, address: str, statement: str) -> None:
    await auth.register(address, confirmed=False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await auth.rows(statement)
    assert await auth.rows("SELECT id FROM audit_event")
