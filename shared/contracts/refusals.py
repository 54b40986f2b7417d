"""What a service without a database says to auth about people whom it refused (`/internal/refusals`, never routed)."""

from pydantic import BaseModel, ConfigDict, Field

_CLOSED = ConfigDict(extra="forbid", frozen=True)
REFUSALS_API = "/internal/refusals"


class RefusedCaller(BaseModel):
    """One caller, and how often they were refused one thing."""

    model_config = _CLOSED
    account: str = Field(max_length=64)
    sid: str = Field(max_length=64)
    method: str = Field(max_length=16)
    route: str = Field(max_length=200)
    reason: str = Field(max_length=64)
    request_id: str = Field(max_length=64)
    times: int = Field(ge=1)


class RefusedCallers(BaseModel):
    """A batch of them."""

    model_config = _CLOSED
    items: tuple[RefusedCaller, ...] = Field(max_length=300)
