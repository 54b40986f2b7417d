"""What the policy service and its import program read from the environment."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from shared.settings import EnvironmentSettings, ServiceSettings, StrongSecret


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    return value


class PolicySettings(ServiceSettings):
    """Settings of the policy service."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")
    cursor_key: StrongSecret = Field(description="Signs paging cursors; the same in all replicas.")
    mcp_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Sites besides PUBLIC_URL whose scripts may use /api/v1/mcp, such as https://chat.example.org, "
        "separated by commas; * for all.",
    )


class ImportSettings(EnvironmentSettings):
    """All that an import needs."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")
