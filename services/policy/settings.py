"""What the policy service and its import program read from the environment."""

from pydantic import Field, SecretStr

from shared.settings import EnvironmentSettings, ServiceSettings, StrongSecret


class PolicySettings(ServiceSettings):
    """Settings of the policy service."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")
    cursor_key: StrongSecret = Field(description="Signs paging cursors; the same in all replicas.")


class ImportSettings(EnvironmentSettings):
    """All that an import needs."""

    database_url: SecretStr = Field(description="PostgreSQL as the role openpolicy_policy.")
