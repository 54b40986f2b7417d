"""Rate-limit plans: the operator's setting PLANS names them, administrators give them to accounts and keys."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

MOST_REQUESTS = 60_000_000
"""A minute: limits count in microseconds, and a shorter time between two requests would be none."""
RESERVED = frozenset({"default", "account", "key", "credentials"})
"""Names of the limits that are always there; each has settings of its own."""


class Plan(BaseModel):
    """How many requests somebody may make."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    per_minute: int = Field(ge=1, le=MOST_REQUESTS, strict=True)
    burst: int = Field(ge=1, le=MOST_REQUESTS, strict=True)
    """Of those, how many may come at once."""


def _read(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else {}
        except ValueError as error:
            raise ValueError(f"is not JSON: {error}") from None
    for name in value if isinstance(value, dict) else ():
        if name in RESERVED:
            raise ValueError(f"{name} is no free name; it has settings of its own, see RATE_LIMIT_*")
    return value


PlanName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
NamedPlans = Annotated[dict[PlanName, Plan], NoDecode, BeforeValidator(_read)]
"""Plans by name, as JSON: `{"partner": {"per_minute": 30000, "burst": 2000}}`."""
PLANS = (
    "Rate-limit plans that administrators may give to accounts and API keys, as JSON: "
    '{"partner": {"per_minute": 30000, "burst": 2000}}; the same for the gateway and auth.'
)
