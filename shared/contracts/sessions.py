"""What web and auth say to each other about browser sessions (`/internal/sessions` on auth, never routed outside)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.permissions import Role

SESSION_KEY_PREFIX = "sess:"
"""Redis: `sess:` + SHA-256 hex of the session id holds a BrowserSession as JSON; auth's row is the authority.

Auth alone writes it, for a minute at a time; readers neither write nor extend it. When it is missing they ask
`/internal/sessions/resolve`, which touches the session (idle after 30 minutes) and caches it again.
"""
REVOKED_SID_PREFIX = "revoked:sid:"
EPOCH_PREFIX = "epoch:"
ANNOUNCED_KEY = "auth:announced"
"""Stands in Redis for as long as Redis holds every revocation that auth announced. Without it (Redis was restarted or
flushed, and auth has not repeated them yet) nobody can tell whether a token was revoked."""

_CLOSED = ConfigDict(extra="forbid", frozen=True)


class OpenSession(BaseModel):
    """web → auth: sign in with a password. Answered by OpenedSession, or 401."""

    model_config = _CLOSED
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)
    user_agent: str = Field("", max_length=400)
    address: str = Field("", max_length=64)


class BrowserSession(BaseModel):
    """What is known of a signed-in browser."""

    model_config = _CLOSED
    sid: str
    subject: str
    email: str
    display_name: str
    role: Role
    scope: str = ""
    """As in shared.identity.Identity."""
    areas: str
    """Likewise."""
    epoch: int
    expires_at: float
    """Unix seconds; the absolute end."""


class OpenedSession(BaseModel):
    """auth → web: the new session and its id, which is said only this once."""

    model_config = _CLOSED
    session_id: str
    session: BrowserSession


class ResolveSession(BaseModel):
    """web → auth: look up, touch or end a session by the SHA-256 hex of its id."""

    model_config = _CLOSED
    id_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    action: Literal["resolve", "end"] = "resolve"


class ReauthenticateSession(BaseModel):
    """web → auth: somebody shows again who they are. Answered by OpenedSession with the session's next id, or 422."""

    model_config = _CLOSED
    id_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    password: str = Field(max_length=1024)
