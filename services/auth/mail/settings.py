"""What is set about mail."""

from email.headerregistry import Address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from services.auth.mail.domain import mail_address
from services.auth.mail.transport import MailServer, Security
from shared.origin import is_loopback
from shared.settings import DevelopmentSwitch, ServiceSettings


def _address(value: str) -> str:
    if value:
        mail_address(value)
    return value


class MailSettings(ServiceSettings):
    """Settings of mail. Without SMTP_HOST letters wait in the database until they expire."""

    smtp_host: str = Field("", description="Mail server that takes our mail. Without one no mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with TLS.")
    smtp_security: Security = Field(
        "starttls", description="starttls, tls, or none, which sends no password to another machine."
    )
    smtp_user: str = Field("", description="Name that we sign in to the mail server with; empty to do without.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of SMTP_USER.")
    mail_from: Annotated[str, AfterValidator(_address)] = Field(
        "", description="Address that mail comes from; no-reply at the host of PUBLIC_URL without it."
    )
    development_outbox: DevelopmentSwitch = Field(
        False, description="Shows mail at /outbox instead of sending it. Only where PUBLIC_URL is on localhost."
    )

    @field_validator("smtp_password")
    @classmethod
    def _not_in_the_open(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if value.get_secret_value():
            if info.data.get("smtp_security") == "none" and not is_loopback(str(info.data.get("smtp_host", ""))):
                raise ValueError("is not sent without encryption: set SMTP_SECURITY to starttls or tls")
            if not info.data.get("smtp_user"):
                raise ValueError("needs SMTP_USER")
        return value

    @field_validator("development_outbox")
    @classmethod
    def _one_or_the_other(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("smtp_host"):
            raise ValueError("shows mail instead of sending it: leave it out, or SMTP_HOST")
        return value

    @property
    def mail_host(self) -> str:
        """The host of the platform, as ids of messages name it."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server, if there is one."""
        if not self.smtp_host:
            return None
        password = self.smtp_password.get_secret_value()
        return MailServer(self.smtp_host, self.smtp_port, self.smtp_security, self.smtp_user, password)

    @property
    def mail_sender(self) -> Address:
        """Who our mail is from."""
        return mail_address(self.mail_from or f"no-reply@{self.mail_host}")
