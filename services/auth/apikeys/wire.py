"""The JSON of API keys: what is read from requests and what is answered."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.auth.accounts.wire import DisplayName
from services.auth.apikeys.domain import ApiKey
from shared.parse import Body
from shared.permissions import Permission

DEFAULT_DAYS = 90


class NewKey(Body):
    """What a key is to be called, to do, and how long."""

    name: DisplayName
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=32)]
    expires_in_days: int = Field(DEFAULT_DAYS, ge=1, le=36_500, strict=True)


class KeyBody(BaseModel):
    """A key as its owner and administrators see it."""

    model_config = ConfigDict(frozen=True)
    id: UUID
    name: str
    hint: str
    scopes: list[str]
    plan: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def key_json(key: ApiKey) -> dict[str, Any]:
    """The JSON members of a key."""
    return KeyBody(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scopes=list(key.scopes),
        plan=key.plan,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    ).model_dump(mode="json")
