"""Hands one message to the mail server."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

Security = Literal["starttls", "tls", "none"]
TIMEOUT_SECONDS = 20.0
_PERMANENT = range(500, 600)


class Refused(Exception):
    """The mail server will never take this message: it knows no such recipient, for one."""


class ServerAway(Exception):
    """The mail server takes no message at this moment, whosever it is."""


class NotNow(Exception):
    """The mail server did not take this message, and may later."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and how we speak with it."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = ""

    async def send(self, message: EmailMessage) -> None:
        """Have the server take the message. Raises Refused, NotNow or ServerAway; each says a line about why."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            timeout=TIMEOUT_SECONDS,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",  # True: refuses a server that does not offer it
            tls_context=None if self.security == "none" else ssl.create_default_context(),
        )
        try:
            async with client:
                if self.user:
                    await client.login(self.user, self.password)
                await self._hand_over(client, message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise ServerAway(_line(error)) from error

    async def _hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        try:
            await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise (Refused if code in _PERMANENT else NotNow)(f"recipient refused ({code})") from error
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused("the server takes no address in other letters than ASCII's") from error
        except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPResponseException) as error:
            raise (Refused if error.code in _PERMANENT else NotNow)(f"message refused ({error.code})") from error


def _line(error: Exception) -> str:
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()
