"""A mail server on loopback that keeps what it is given, and refuses what it is told to refuse."""

from __future__ import annotations

import contextlib
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "platform", "open-Sesame-7"


class Mailboxes:
    """What arrived: (sender, recipients, message). `refusals` maps a recipient to the answer they are refused with."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, list[str], EmailMessage]] = []
        self.refusals: dict[str, str] = {}
        self.attempts = 0
        self.signed_in = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.attempts += 1
        self.signed_in = bool(session.authenticated)
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        self.arrived.append((str(envelope.mail_from), list(envelope.rcpt_tos), message))
        return "250 taken"


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextlib.contextmanager
def mail_server(port: int, *, accounts: bool = False) -> Iterator[Mailboxes]:
    """Serve in a thread of its own; with `accounts` only who signs in may send."""
    mailboxes = Mailboxes()
    controller = Controller(
        mailboxes, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True,
        authenticator=_authenticate, auth_required=accounts, auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield mailboxes
    finally:
        controller.stop()
