"""What is sent about one's own account."""

from typing import Literal

from pydantic import Field, SecretStr

from services.auth.accounts.wire import DisplayName, Email, NewPassword
from shared.parse import Body


class ResetRequest(Body):
    """Whose password is forgotten."""

    email: Email


class Reset(Body):
    """The link's token and the new password."""

    token: str = Field(max_length=256)
    password: NewPassword


class PasswordChange(Body):
    """The password as it is, and as it shall be."""

    old_password: SecretStr = Field(max_length=1024)
    new_password: NewPassword


class EmailChange(Body):
    """The address that the account is to move to."""

    email: Email


class ProfileChange(Body):
    """What is to change; what is not given stays."""

    display_name: DisplayName | None = None
    lang: Literal["en", "fr"] | None = None


class Deletion(Body):
    """The account's own address, typed to be sure."""

    email: Email
