"""The JSON of accounts: what is read from requests and what is answered."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from services.auth.accounts.domain import Account, parse_display_name, parse_email, parse_password
from shared.areas import list_areas
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.parse import Body, Query
from shared.permissions import Role, permissions_of

MAX_BODY_BYTES = 16_384


def _password(value: SecretStr) -> SecretStr:
    return SecretStr(parse_password(value.get_secret_value()))


Email = Annotated[str, Field(max_length=320), AfterValidator(parse_email)]
DisplayName = Annotated[str, Field(max_length=320), AfterValidator(parse_display_name)]
NewPassword = Annotated[SecretStr, AfterValidator(_password)]


class Registration(Body):
    """Who wants an account. A role is not among it."""

    email: Email
    password: NewPassword
    display_name: DisplayName


class LinkToken(Body):
    """What a link in a letter holds."""

    token: str = Field(max_length=256)


class AccountsQuery(Query):
    """A page of accounts."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=1024)
    role: Role | None = None
    q: str = Field("", max_length=254)
    """Part of an address or name, in any case."""


class AccountBody(BaseModel):
    """An account as its owner and administrators see it."""

    model_config = ConfigDict(frozen=True)
    id: UUID
    email: str
    display_name: str
    role: Role
    areas: list[str]
    plan: str
    permissions: list[str]
    created_at: datetime
    disabled: bool
    href: str


def account_json(account: Account) -> dict[str, Any]:
    """The JSON members of an account."""
    return AccountBody(
        id=account.id,
        email=account.email,
        display_name=account.display_name,
        role=account.role,
        areas=list_areas(account.areas),
        plan=account.plan,
        permissions=sorted(permissions_of(account.role)),
        created_at=account.created_at,
        disabled=account.disabled_at is not None,
        href=f"/api/v1/auth/accounts/{account.id}",
    ).model_dump(mode="json")
