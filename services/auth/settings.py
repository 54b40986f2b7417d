"""What the auth service reads from its environment."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings, StrongSecret


class AuthSettings(ServiceSettings):
    """Settings of the auth service. Tokens are issued in the name of `public_url`."""

    database_url: SecretStr = Field(description="PostgreSQL, as the role openpolicy_auth.")
    password_pepper: StrongSecret = Field(description="Mixed into every password; losing it makes all passwords wrong.")
    key_encryption_key: StrongSecret = Field(description="Seals the signing keys that are kept in the database.")
    cursor_key: StrongSecret = Field(description="Signs paging cursors; the same in all replicas.")
    bcrypt_cost: int = Field(12, ge=4, le=16, description="Work factor of password hashes; below 12 is for tests only.")
