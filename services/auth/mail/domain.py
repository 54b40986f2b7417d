"""What a letter is, how it becomes a message, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from enum import StrEnum
from uuid import UUID

LANGUAGES = ("en", "fr")
NOTICE_LIFE = timedelta(days=3)
"""How long delivery of a letter without a link is tried."""
KEEP_DONE = timedelta(days=7)
"""How long it is remembered that a letter was sent, or given up."""
LEASE = timedelta(minutes=2)
"""A letter that a sender took is left alone by others for so long: longer than any attempt takes."""
MOST_AN_HOUR = 5
"""Letters that strangers can cause, to one address within an hour. Beyond that they are not written."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=2)


class Kind(StrEnum):
    """The letters; each has a text in every language."""

    VERIFY = "verify"
    KNOWN = "known"
    RESET = "reset"
    CHANGE_EMAIL = "change-email"
    EMAIL_CHANGED = "email-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a letter
    FACTOR_ADDED = "factor-added"
    FACTOR_REMOVED = "factor-removed"
    DELETED = "deleted"

    @property
    def solicited(self) -> bool:
        """Whether anybody who knows an address can have it written to that address."""
        return self in (Kind.VERIFY, Kind.KNOWN, Kind.RESET, Kind.CHANGE_EMAIL)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the outbox. `body` is empty once it was sent."""

    id: UUID
    kind: str
    recipient: str
    lang: str
    subject: str
    body: str
    created_at: datetime
    give_up_at: datetime
    attempts: int = 0


class NoAddress(ValueError):
    """The recipient is not an address that mail can be sent to."""


def mail_address(text: str) -> Address:
    """The address with its domain in ASCII. Raises NoAddress; line breaks, among others, are no part of an address."""
    local, _, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        if not (local and domain) or any(not c.isprintable() or c.isspace() for c in text):
            raise ValueError("not an address")
        return Address(username=local, domain=ascii_domain)
    except ValueError as error:
        raise NoAddress("is not an e-mail address") from error


def message_of(letter: Letter, *, sender: Address, host: str) -> EmailMessage:
    """The message as it is sent. Its id is the letter's own, so that a letter sent twice is recognised by mailboxes.

    The policy refuses line breaks in header fields, and nothing in one was written by a stranger but the address.
    """
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = sender
    message["To"] = mail_address(letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{letter.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers
    message.set_content(letter.body, cte="quoted-printable")  # removes what is said of the content before
    message["Content-Language"] = letter.lang
    return message


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, up to two hours."""
    doublings = max(0, min(attempts - 1, 16))
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def fill(template: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body of a template, whose first line is the subject."""
    subject, _, body = template.partition("\n")
    return subject.strip(), body.strip().format_map(values) + "\n"


def language_of(accept_language: str) -> str:
    """The one of LANGUAGES that an Accept-Language header asks for first; the first one when it asks for neither."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        code = tag.strip().lower().partition("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and quality > 0:
            wanted.append((-quality, place, code))
    return min(wanted)[2] if wanted else LANGUAGES[0]


def moment(at: datetime, lang: str) -> str:
    """A moment to the minute, in words that a letter can hold; in UTC."""
    return f"{at:%Y-%m-%d} à {at:%H:%M} UTC" if lang == "fr" else f"{at:%Y-%m-%d} at {at:%H:%M} UTC"
