"""What letters say, that no header can be smuggled into one, and what is refused at the start."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.auth.mail.domain import (
    LANGUAGES,
    Kind,
    Letter,
    NoAddress,
    language_of,
    mail_address,
    message_of,
    pause_after,
)
from services.auth.mail.letters import template, write_letter
from shared.settings import BadSettings
from tests.auth.auth_service import auth_settings

NOW = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("kind", Kind)
def test_each_letter_has_the_same_places_to_fill_in_in_each_language(kind: Kind) -> None:
    places = [{name for _, name, _, _ in string.Formatter().parse(template(kind, lang)) if name} for lang in LANGUAGES]
    assert places[0] == places[1] <= {"site", "link", "until"}
    for lang in LANGUAGES:
        subject, body = write_letter(kind, lang, site="https://policy.example", link="https://x.example/", until=NOW)
        assert 10 < len(subject) < 78
        assert "{" not in subject + body


def _letter(recipient: str, subject: str = "A subject") -> Letter:
    return Letter(uuid4(), "reset", recipient, "en", subject, "Hello.\n", NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "recipient",
    ["ada@example.org\r\nBcc: eve@example.org", "ada@example.org\nX: y", "ada\r@example.org", "ada", "@",
     "a@b\x00c.org", "ada@exa mple.org", "ada@example.org, eve@example.org", "ada@" + "x" * 64 + ".org"],
)  # fmt: skip
def test_no_header_comes_from_an_address(recipient: str) -> None:
    with pytest.raises(NoAddress):
        message_of(_letter(recipient), sender=mail_address("a@b.example"), host="b.example")


def test_no_header_comes_from_a_subject() -> None:
    with pytest.raises(ValueError):
        message_of(
            _letter("a@b.org", "A\r\nBcc: eve@example.org"), sender=mail_address("a@b.example"), host="b.example"
        )


def test_a_message_has_what_mailboxes_look_for() -> None:
    letter = _letter("r\u00e9ne@ex\u00e4mple.org")
    message = message_of(letter, sender=mail_address("no-reply@policy.example"), host="policy.example")
    assert message["To"].addresses[0].addr_spec == "r\u00e9ne@xn--exmple-cua.org"
    assert message["Message-ID"] == f"<{letter.id}@policy.example>"
    assert message["Date"].datetime == NOW
    assert sorted(message.keys()) == sorted(set(message.keys()))


@pytest.mark.parametrize(
    ("header", "lang"),
    [("", "en"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de, en;q=0.5, fr;q=0.4", "en"), ("fr;q=0", "en"),
     ("fr;q=x", "en"), ("en;q=0.2,fr;q=0.3", "fr")],
)  # fmt: skip
def test_the_language_asked_for(header: str, lang: str) -> None:
    assert language_of(header) == lang


def test_pauses_grow_to_two_hours() -> None:
    pauses = [pause_after(n).total_seconds() for n in range(1, 100)]
    assert pauses[:3] == [30, 60, 120]
    assert max(pauses) == pauses[-1] == 7200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PUBLIC_URL": "https://policy.example", "DEVELOPMENT_OUTBOX": "true"}, "DEVELOPMENT_OUTBOX: is for develop"),
        ({"PUBLIC_URL": "http://192.0.2.1:8080", "DEVELOPMENT_OUTBOX": "1"}, "DEVELOPMENT_OUTBOX: is for development"),
        ({"DEVELOPMENT_OUTBOX": "1", "SMTP_HOST": "mail.example"}, "DEVELOPMENT_OUTBOX: shows mail instead"),
        ({"SMTP_HOST": "mail.example", "SMTP_SECURITY": "none", "SMTP_USER": "u", "SMTP_PASSWORD": "p"}, "not sent wi"),
        ({"SMTP_HOST": "mail.example", "SMTP_PASSWORD": "p"}, "SMTP_PASSWORD: needs SMTP_USER"),
        ({"MAIL_FROM": "a\r\nBcc: x@y.org"}, "MAIL_FROM: is not an e-mail address"),
        ({"SMTP_SECURITY": "sometimes"}, "SMTP_SECURITY: Input should be"),
    ],
)
def test_settings_that_are_refused(
    database: DatabaseUrls, redis_url: str, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    good = auth_settings(database, redis_url)
    given: dict[str, Any] = good.model_dump(include={"internal_key", "redis_url", "database_url", "password_pepper",
                                                     "key_encryption_key", "cursor_key"})  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name.upper(), value.get_secret_value() if isinstance(value, SecretStr) else str(value))
    assert type(good).load().mail_server is None
    for name, text in changes.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(BadSettings, match=said):
        type(good).load()


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:9000", "http://[::1]:8080"])
def test_the_development_outbox_is_for_this_machine(database: DatabaseUrls, redis_url: str, url: str) -> None:
    assert auth_settings(database, redis_url, public_url=url, development_outbox=True).development_outbox
