"""What web and auth say to each other about browser sessions (`/internal/sessions` on auth, never routed outside)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.permissions import Role

SESSION_KEY_PREFIX = "sess:"
"""Redis: `sess:` + SHA-256 hex of the session id holds a BrowserSession as JSON; auth's row is the authority.

Auth alone writes it, for a minute at a time; readers neither write nor extend it. When it is missing they ask
`/internal/sessions/resolve`, which touches the session (idle after 30 minutes) and caches it again.
"""
REVOKED_SID_PREFIX = "revoked:sid:"
EPOCH_PREFIX = "epoch:"
REVOKED_KID_PREFIX = "revoked:kid:"
"""Redis: `revoked:kid:` + a signing key's id stands when the key was dropped before its time."""
ANNOUNCED_KEY = "auth:announced"
"""Stands in Redis for as long as Redis holds every revocation that auth announced. Without it (Redis was restarted or
flushed, and auth has not repeated them yet) nobody can tell whether a token was revoked."""

_CLOSED = ConfigDict(extra="forbid", frozen=True)


class OpenSession(BaseModel):
    """web → auth: sign in with a password. Answered by OpenedSession (201), PendingSignIn (202), or 401."""

    model_config = _CLOSED
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)
    user_agent: str = Field("", max_length=400)
    address: str = Field("", max_length=64)
    device: str = Field("", max_length=200)
    """What the browser kept of OpenedSession.device."""


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
    device: str = ""
    """Kept by the browser, and shown when somebody signs in again: they are not delayed by what others do elsewhere."""


class ResolveSession(BaseModel):
    """web → auth: look up, touch or end a session by the SHA-256 hex of its id."""

    model_config = _CLOSED
    id_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    action: Literal["resolve", "end"] = "resolve"


class PendingSignIn(BaseModel):
    """auth → web: the password is right, and one of these has to follow. Whoever holds the ticket can show it."""

    model_config = _CLOSED
    ticket: str
    app: bool
    """Codes of an authenticator app."""
    passkeys: bool
    recovery_codes: bool


class LookAtSignIn(BaseModel):
    """web → auth: what can follow the password. Answered by PendingSignIn, or 409 when it is too late."""

    model_config = _CLOSED
    ticket: str = Field(max_length=128)


class FinishSignIn(BaseModel):
    """web → auth: what follows the password: a code, or a passkey with the challenge that it answers; without a ticket,
    a passkey alone. Answered by OpenedSession; 422 when it is wrong, 409 when it is too late."""

    model_config = _CLOSED
    ticket: str = Field("", max_length=128)
    code: str = Field("", max_length=64)
    challenge: str = Field("", max_length=128)
    credential: dict[str, Any] | None = None
    user_agent: str = Field("", max_length=400)
    address: str = Field("", max_length=64)
    device: str = Field("", max_length=200)
    """As in OpenSession."""


class AskChallenge(BaseModel):
    """web → auth: a challenge for a passkey: to follow a password (`ticket`), to show again who one is (`id_hash`), or
    neither, in place of a password. Answered by Challenge."""

    model_config = _CLOSED
    ticket: str = Field("", max_length=128)
    id_hash: str = Field("", pattern=r"^([0-9a-f]{64})?$")


class Challenge(BaseModel):
    """auth → web: `options` is what the browser's `credentials.get` takes; `challenge` goes back with its answer."""

    model_config = _CLOSED
    challenge: str
    options: dict[str, Any]


class ReauthenticateSession(BaseModel):
    """web → auth: somebody shows again who they are, with one of these. Answered by OpenedSession with the session's
    next id, or 422."""

    model_config = _CLOSED
    id_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    password: str = Field("", max_length=1024)
    code: str = Field("", max_length=64)
    challenge: str = Field("", max_length=128)
    credential: dict[str, Any] | None = None


class RenewSession(BaseModel):
    """web → auth: a session gained a second factor. Answered by OpenedSession with its next id."""

    model_config = _CLOSED
    id_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
