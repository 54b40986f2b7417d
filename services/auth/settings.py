"""What the auth service reads from its environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from services.auth.federation.settings import PROVIDERS, Providers
from services.auth.mail.settings import MailSettings
from shared.permissions import Role
from shared.plans import PLANS, NamedPlans
from shared.settings import PreviousSecret, StrongSecret


def _role_names(value: str) -> str:
    names = [name.strip() for name in value.split(",") if name.strip()]
    known = [role.value for role in Role if role is not Role.ANONYMOUS]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ValueError(f"may list {', '.join(known)}, not {', '.join(wrong)}")
    return ",".join(names)


class AuthSettings(MailSettings):
    """Settings of the auth service. Tokens are issued in the name of `public_url`."""

    database_url: SecretStr = Field(description="PostgreSQL, as the role openpolicy_auth.")
    database_url_previous: SecretStr | None = Field(
        None, description="Tried where DATABASE_URL is refused, while the role's password is being changed."
    )
    password_pepper: StrongSecret = Field(description="Mixed into every password; losing it makes all passwords wrong.")
    key_encryption_key: StrongSecret = Field(description="Seals the signing keys that are kept in the database.")
    cursor_key: StrongSecret = Field(description="Signs paging cursors; the same in all replicas.")
    password_pepper_previous: PreviousSecret = Field(
        None, description="The pepper of older passwords, each of which gets the new one when its owner signs in."
    )
    key_encryption_key_previous: PreviousSecret = Field(
        None, description="Opens what was sealed with it, which is then sealed with KEY_ENCRYPTION_KEY."
    )
    cursor_key_previous: PreviousSecret = Field(None, description="Accepted besides CURSOR_KEY while that is changed.")
    bcrypt_cost: int = Field(12, ge=4, le=16, description="Work factor of password hashes; below 12 is for tests only.")
    signing_key_days: int = Field(
        30, ge=0, le=3650, description="Days for which a key signs access tokens before the next one does; 0: always."
    )
    api_keys_per_account: int = Field(20, ge=0, le=1000, description="Most API keys of one account that work.")
    api_key_days: int = Field(366, ge=1, le=36_500, description="Longest life of an API key, in days.")
    oidc_providers: Providers = Field((), description=PROVIDERS)
    plans: NamedPlans = Field({}, description=PLANS)
    two_factor_roles: Annotated[str, AfterValidator(_role_names)] = Field(
        "editor,reviewer,admin",
        description="Roles, separated by commas, whose permissions wait for a second factor: a code or a passkey.",
    )

    @property
    def roles_with_two_factors(self) -> frozenset[Role]:
        """`two_factor_roles`, taken apart."""
        return frozenset(Role(name) for name in self.two_factor_roles.split(",") if name)
