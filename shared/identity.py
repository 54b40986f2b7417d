"""Who is calling: what a verified token says."""

from dataclasses import dataclass
from functools import lru_cache

from shared.areas import EVERYWHERE, covers
from shared.errors import Forbidden, Unauthenticated
from shared.permissions import BY_AREA, Permission, Role, permissions_of

_MOST_GRANTS = 1024  # each is one role with one scope, of which few are in use


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller. `epoch` rises with each change of role or credentials, so older tokens can be refused."""

    subject: str
    role: Role
    sid: str = ""
    scope: str = ""
    """Permissions, separated by spaces, to which a session or key is narrowed; empty: all that the role may do."""
    epoch: int = 0
    caller: str = ""
    """The service that made the internal token (`gateway`, `web`); empty outside of services."""
    key: str = ""
    """The id of the API key that was shown; there is then no `sid`."""
    plan: str = ""
    """The account's rate-limit plan, for the gateway alone; empty: the usual one."""
    key_plan: str = ""
    """Likewise, the key's own plan."""
    areas: str = ""
    """Where an editor or reviewer may work, as in shared.areas; empty: nowhere."""

    @property
    def is_anonymous(self) -> bool:
        """True when nobody signed in."""
        return self.role is Role.ANONYMOUS

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the caller holds: the role's permissions that are within the scope."""
        return _granted(self.role, self.scope)

    def may(self, permission: Permission) -> bool:
        """Whether the caller holds `permission`."""
        return permission in _granted(self.role, self.scope)

    @property
    def acts_in(self) -> str:
        """The areas that bound what the caller does with texts; everywhere for roles that do not work by area."""
        return self.areas if self.role in BY_AREA else EVERYWHERE

    def may_in(self, permission: Permission, jurisdiction: str) -> bool:
        """Whether the caller holds `permission` for texts of `jurisdiction`."""
        return self.may(permission) and covers(self.acts_in, jurisdiction)


@lru_cache(maxsize=_MOST_GRANTS)
def _granted(role: Role, scope: str) -> frozenset[Permission]:
    # A word that names no permission grants nothing, so that a scope of such words alone is not taken for an empty one.
    held = permissions_of(role)
    return held.intersection(scope.split(" ")) if scope else held


ANONYMOUS = Identity(subject="anonymous", role=Role.ANONYMOUS)


def require(identity: Identity, permission: Permission) -> None:
    """Raise Unauthenticated or Forbidden unless `identity` holds `permission`."""
    if identity.may(permission):
        return
    if identity.is_anonymous:
        raise Unauthenticated("Sign in to do this.")
    raise Forbidden(f"This needs the permission {permission.value}.")
