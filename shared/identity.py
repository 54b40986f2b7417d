"""Who is calling: what a verified token says."""

from dataclasses import dataclass

from shared.errors import Forbidden, Unauthenticated
from shared.permissions import Permission, Role, permissions_of


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller. `epoch` rises with each change of role or credentials, so older tokens can be refused."""

    subject: str
    role: Role
    sid: str = ""
    scope: str = ""
    epoch: int = 0
    caller: str = ""
    """The service that made the internal token (`gateway`, `web`); empty outside of services."""

    @property
    def is_anonymous(self) -> bool:
        """True when nobody signed in."""
        return self.role is Role.ANONYMOUS

    def may(self, permission: Permission) -> bool:
        """Whether the caller holds `permission`."""
        return permission in permissions_of(self.role)


ANONYMOUS = Identity(subject="anonymous", role=Role.ANONYMOUS)


def require(identity: Identity, permission: Permission) -> None:
    """Raise Unauthenticated or Forbidden unless `identity` holds `permission`."""
    if identity.may(permission):
        return
    if identity.is_anonymous:
        raise Unauthenticated("Sign in to do this.")
    raise Forbidden(f"This needs the permission {permission.value}.")
