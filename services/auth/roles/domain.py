"""The rules about roles."""

import secrets
from datetime import timedelta

from services.auth.accounts.domain import Account
from shared.errors import Conflict, Forbidden, NotFound
from shared.permissions import ROLE_PERMISSIONS, Permission, Role

LINK_LIFE = timedelta(hours=24)
LINK_REFUSED = "This link cannot be used: it has expired, was used, or there is an administrator already."


class AccountNotFound(NotFound):
    """There is no such account."""


class LastAdministrator(Conflict):
    """Without this account nobody could manage accounts."""


class LinkRefused(Forbidden):
    """The first administrator's link is not good, for whichever reason."""


class AdministratorExists(Exception):
    """There is an administrator already, so no link is made."""


def administers(account: Account) -> bool:
    """Whether this account can manage accounts."""
    return account.role is Role.ADMIN and account.disabled_at is None


def check_change(current: Account, wanted: Account | None, administrators: int) -> None:
    """Raise LastAdministrator when nobody would be left to manage accounts.

    `wanted` is the account after the change, None when it is to be deleted; `administrators` counts today's.
    """
    stays = wanted is not None and administers(wanted)
    if administers(current) and not stays and administrators <= 1:
        raise LastAdministrator("This is the last administrator. Make another account an administrator first.")


def new_link_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def role_table() -> list[tuple[Role, list[Permission]]]:
    """Each role with its permissions, in a stable order."""
    return [(role, sorted(permissions)) for role, permissions in ROLE_PERMISSIONS.items()]
