"""Letters leave the outbox through a real mail server: once, later when it is away, never when it says never."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.auth.mail.domain import Kind, mail_address
from services.auth.mail.outbox import Outbox
from services.auth.mail.sender import Sender
from services.auth.mail.transport import MailServer, ServerAway
from shared.db import Database, open_database
from tests.auth.mail.mail_server import PASSWORD, USER, mail_server
from tests.conftest import Databases, free_port
from tests.waiting import until

SITE = "https://policy.example"


class Office:
    """An outbox, and senders for it."""

    def __init__(self, database: Database, url: str) -> None:
        self.database = database
        self.outbox = Outbox(database, SITE)
        self.port = free_port()
        self._url = url

    def sender(self, *, user: str = "", password: str = "") -> Sender:
        server = MailServer("127.0.0.1", self.port, "none", user, password)
        return Sender(
            self.database, self.outbox, server, sender=mail_address("no-reply@policy.example"), host="policy.example"
        )

    async def post(self, recipient: str, kind: Kind = Kind.RESET, lang: str = "en", *, life: float = 1800) -> bool:
        now = datetime.now(UTC)
        async with self.database.transaction() as connection:
            return await self.outbox.post(
                connection, kind, recipient, lang, now, path="/reset?token=abc", until=now + timedelta(seconds=life)
            )

    async def rows(self, query: str = "SELECT * FROM mail ORDER BY created_at") -> list[Any]:
        connection = await asyncpg.connect(self._url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def mail_database(databases: Databases) -> Iterator[DatabaseUrls]:
    """Letters of other tests would be sent as well."""
    made = databases.create()
    yield made
    databases.drop(made)


@pytest.fixture
async def office(mail_database: DatabaseUrls) -> AsyncIterator[Office]:
    async with open_database(mail_database.auth_url, service="auth", min_size=1, max_size=4) as database:
        office = Office(database, mail_database.auth_url)
        await office.rows("DELETE FROM mail")
        yield office


async def test_a_letter_arrives_once_and_its_link_is_forgotten(office: Office) -> None:
    with mail_server(office.port) as mailboxes:
        await office.post("ada@example.org")
        running = [asyncio.create_task(office.sender().run()) for _ in range(3)]  # as three replicas have
        try:
            await until(lambda: _sent(office, 1))
            await office.post("r\u00e9ne@example.org", lang="fr")
            await until(lambda: _sent(office, 2))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    (sender, recipients, message), (_, others, french) = mailboxes.arrived
    assert (sender, recipients) == ("no-reply@policy.example", ["ada@example.org"])
    assert message["Subject"] == "Choose a new password"
    assert f"{SITE}/reset?token=abc" in message.get_content()
    assert message["Auto-Submitted"] == "auto-generated"
    assert others == ["r\u00e9ne@example.org"]
    assert french["Content-Language"] == "fr"
    assert "Quelqu’un a demandé un nouveau mot de passe" in french.get_content()
    assert [(row["body"], row["attempts"]) for row in await office.rows()] == [("", 1), ("", 1)]


async def _sent(office: Office, count: int) -> bool:
    return len(await office.rows("SELECT FROM mail WHERE sent_at IS NOT NULL")) == count


async def test_nothing_is_lost_while_the_mail_server_is_away(office: Office) -> None:
    await office.post("ada@example.org")
    sender = office.sender()
    with pytest.raises(ServerAway):
        await sender.send_one()
    row = (await office.rows())[0]
    assert (row["attempts"], row["sent_at"], bool(row["body"])) == (1, None, True)
    assert row["next_attempt_at"] > row["created_at"] + timedelta(seconds=25)
    assert not await sender.send_one()  # not before its time
    await office.rows("UPDATE mail SET next_attempt_at = now()")
    with mail_server(office.port) as mailboxes:
        assert await sender.send_one()
    assert len(mailboxes.arrived) == 1


@pytest.mark.parametrize(("answer", "given_up"), [("550 no such user", True), ("451 come back", False)])
async def test_what_the_server_says_decides(office: Office, answer: str, given_up: bool) -> None:
    await office.post("gone@example.org")
    await office.post("ada@example.org")
    sender = office.sender()
    with mail_server(office.port) as mailboxes:
        mailboxes.refusals["gone@example.org"] = answer
        while await sender.send_one():
            pass
    assert [recipients for _, recipients, _ in mailboxes.arrived] == [["ada@example.org"]]
    refused = (await office.rows("SELECT * FROM mail WHERE recipient = 'gone@example.org'"))[0]
    assert (refused["given_up_at"] is not None) == given_up
    assert bool(refused["body"]) != given_up
    assert answer[:3] in refused["last_error"]


async def test_a_letter_whose_link_has_expired_is_not_sent(office: Office) -> None:
    await office.post("ada@example.org", life=-1)
    with mail_server(office.port) as mailboxes:
        assert await office.sender().send_one()
    assert mailboxes.arrived == []
    assert (await office.rows())[0]["given_up_at"] is not None


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on loopback
async def test_we_sign_in_to_the_mail_server(office: Office) -> None:
    with mail_server(office.port, accounts=True) as mailboxes:
        await office.post("ada@example.org")
        with pytest.raises(ServerAway):
            await office.sender(user=USER, password="wrong").send_one()
        await office.rows("UPDATE mail SET next_attempt_at = now()")
        assert await office.sender(user=USER, password=PASSWORD).send_one()
        assert mailboxes.signed_in
    assert len(mailboxes.arrived) == 1


async def test_a_server_without_encryption_gets_nothing_when_it_is_asked_for(office: Office) -> None:
    with mail_server(office.port) as mailboxes:
        await office.post("ada@example.org")
        server = MailServer("127.0.0.1", office.port, "starttls")
        sender = Sender(office.database, office.outbox, server, sender=mail_address("a@b.example"), host="b.example")
        with pytest.raises(ServerAway):
            await sender.send_one()
    assert mailboxes.attempts == 0


async def test_a_stranger_cannot_have_many_letters_written_to_an_address(office: Office) -> None:
    assert [await office.post("ada@example.org") for _ in range(7)] == [True] * 5 + [False] * 2
    assert await office.post("ada@example.org", Kind.PASSWORD_CHANGED)
    assert await office.post("bob@example.org")


async def test_what_is_not_committed_is_not_sent(office: Office) -> None:
    now = datetime.now(UTC)
    with contextlib.suppress(RuntimeError):
        async with office.database.transaction() as connection:
            await office.outbox.post(connection, Kind.DELETED, "ada@example.org", "en", now)
            raise RuntimeError
    assert await office.rows() == []


async def test_old_letters_are_forgotten(office: Office) -> None:
    for address in ("sent", "given-up", "waits", "fresh"):
        await office.post(f"{address}@example.org")
    await office.rows("UPDATE mail SET sent_at = now() - interval '8 days' WHERE recipient LIKE 'sent%'")
    await office.rows("UPDATE mail SET given_up_at = now() - interval '8 days' WHERE recipient LIKE 'given%'")
    await office.rows("UPDATE mail SET give_up_at = now() - interval '8 days' WHERE recipient LIKE 'waits%'")
    task = asyncio.create_task(office.sender().run())
    await until(lambda: _kept(office, ["fresh@example.org"]))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _kept(office: Office, recipients: list[str]) -> bool:
    return [row["recipient"] for row in await office.rows()] == recipients
