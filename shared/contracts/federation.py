"""What web and auth say to each other about accounts held elsewhere (`/internal/federation`, never routed outside)."""

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.sessions import OpenedSession, PendingSignIn

FEDERATION_API = "/internal/federation"
_CLOSED = ConfigDict(extra="forbid", frozen=True)


class BeginFederation(BaseModel):
    """web → auth: somebody wants to sign in with a provider; or, who has signed in, to link an account there."""

    model_config = _CLOSED
    provider: str = Field(max_length=32)
    next: str = Field("", max_length=2000)
    link: bool = False


class BegunFederation(BaseModel):
    """auth → web: where the browser goes, and what its cookie holds until it is back."""

    model_config = _CLOSED
    address: str
    browser: str


class FinishFederation(BaseModel):
    """web → auth: what the browser brought back. Answered by FederatedOutcome, or 403."""

    model_config = _CLOSED
    provider: str = Field(max_length=32)
    state: str = Field(max_length=200)
    code: str = Field("", max_length=4000)
    iss: str | None = Field(None, max_length=500)
    error: str = Field("", max_length=200)
    browser: str = Field(max_length=200)
    user_agent: str = Field("", max_length=400)
    address: str = Field("", max_length=64)


class FederatedOutcome(BaseModel):
    """auth → web: a session, a second step, or the ticket of a link to confirm; and where the browser was going."""

    model_config = _CLOSED
    next: str
    opened: OpenedSession | None = None
    pending: PendingSignIn | None = None
    ticket: str = ""


class LinkTicket(BaseModel):
    """web → auth, on behalf of who signed in: look at a link that waits, or confirm it."""

    model_config = _CLOSED
    ticket: str = Field(max_length=200)


class WaitingLink(BaseModel):
    """auth → web: what waits."""

    model_config = _CLOSED
    label: str
