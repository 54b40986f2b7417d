"""What the gateway asks auth about API keys (`/internal/introspect` on auth, never routed outside), after RFC 7662."""

from pydantic import BaseModel, ConfigDict, Field

from shared.identity import Identity
from shared.permissions import Role

INTROSPECT = "/internal/introspect"
REVOKED_KEY_PREFIX = "revoked:key:"
"""Redis: `revoked:key:` + a key's id stands from its revocation on until no gateway remembers the key."""
KEY_SECONDS = 30.0
"""For so long the gateway takes an answer for true, unless Redis tells of a revocation or a higher epoch."""

_CLOSED = ConfigDict(extra="forbid", frozen=True)


class Introspect(BaseModel):
    """gateway → auth: the SHA-256 of a key in hexadecimal, so that the key itself goes no further than the gateway."""

    model_config = _CLOSED
    token_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class Introspection(BaseModel):
    """auth → gateway. Of what is unknown, expired or revoked, it says no more than that it is not active."""

    model_config = _CLOSED
    active: bool
    sub: str = ""
    role: Role = Role.ANONYMOUS
    scope: str = ""
    areas: str = ""
    epoch: int = 0
    exp: float = 0.0
    """Unix seconds."""
    key: str = ""
    """The key's id."""
    plan: str = ""
    """The account's rate limit; empty: the usual one."""
    key_plan: str = ""
    """The key's own, which then counts alone."""

    def identity(self) -> Identity:
        """The caller that the key stands for."""
        return Identity(
            self.sub,
            self.role,
            scope=self.scope,
            areas=self.areas,
            epoch=self.epoch,
            key=self.key,
            plan=self.plan,
            key_plan=self.key_plan,
        )
