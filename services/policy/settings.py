"""What the policy service and its import program read from the environment."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from shared.settings import EnvironmentSettings, PreviousSecret, ServiceSettings, StrongSecret


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    return value


class PolicySettings(ServiceSettings):
    """Settings of the policy service."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")
    database_url_previous: SecretStr | None = Field(
        None, description="Tried where DATABASE_URL is refused, while the role's password is being changed."
    )
    cursor_key: StrongSecret = Field(description="Signs paging cursors; the same in all replicas.")
    cursor_key_previous: PreviousSecret = Field(None, description="Accepted besides CURSOR_KEY while that is changed.")
    mcp_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Sites besides PUBLIC_URL whose scripts may use /api/v1/mcp, such as https://chat.example.org, "
        "separated by commas; * for all.",
    )
    import_max_bytes: int = Field(
        64 * 2**20, ge=1024, description="Largest file that may be sent to import; MAX_BODY_BYTES of the gateway, too."
    )


class ImportSettings(EnvironmentSettings):
    """All that an import needs."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")


class WorkerSettings(ImportSettings):
    """Settings of the worker, which imports what was uploaded."""

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level logged.")
    log_format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    worker_name: str = Field(
        "", max_length=200, description="What this worker is called; by default the machine with the process."
    )
    worker_seconds: float = Field(
        10,
        ge=0.1,
        le=20,
        description="Between two signs of life; the job of a killed worker is taken up by another about as soon.",
    )
    import_processes: int = Field(
        0, ge=0, le=64, description="Processes that an import parses in; 0: one for each core."
    )
    import_keep_days: int = Field(
        7, ge=1, description="Days that an upload which was not imported to its end is kept, so that it can be resumed."
    )
