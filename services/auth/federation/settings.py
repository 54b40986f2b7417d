"""The providers that people may sign in with, as settings."""

import ipaddress
import json
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""What an identity token may be signed with: by a key of the provider's alone."""

PROVIDERS = (
    "Who else may vouch for people (OpenID Connect): a JSON list of objects with `name`, `label`, `issuer`, "
    "`client_id`, `client_secret` or `client_secret_file`, and `scopes`."
)


def is_safe(address: str) -> bool:
    """Whether an address may be asked: https, or http on this machine alone; nothing before the host or behind a #."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.username is not None or parts.fragment or not host or parts.port == 0:
            return False
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _issuer(value: str) -> str:
    if not is_safe(value) or urlsplit(value).query:
        raise ValueError("must be an https address without query (http only on this machine)")
    return value


class Provider(BaseModel):
    """One provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    label: str = Field(min_length=1, max_length=60)
    issuer: Annotated[str, Field(max_length=500), AfterValidator(_issuer)]
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: SecretStr = SecretStr("")
    client_secret_file: Path | None = None
    scopes: str = Field("openid email profile", max_length=300, pattern=r"^openid( [!-~]+)*$")
    algorithms: tuple[str, ...] = ALGORITHMS

    @model_validator(mode="after")
    def _known_algorithms(self) -> Self:
        if not self.algorithms or not set(self.algorithms) <= set(ALGORITHMS):
            raise ValueError(f"algorithms may list {', '.join(ALGORITHMS)}")
        return self

    @property
    def secret(self) -> str:
        """The client's secret; empty for a public client. Read anew each time, so that it can be changed."""
        if self.client_secret_file is not None:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        return self.client_secret.get_secret_value()


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "[]")
    except ValueError:
        raise ValueError("must be a JSON list") from None


def _distinct(providers: tuple[Provider, ...]) -> tuple[Provider, ...]:
    for what in ("name", "issuer"):
        if len({getattr(provider, what) for provider in providers}) < len(providers):
            raise ValueError(f"two providers have the same {what}")
    return providers


Providers = Annotated[tuple[Provider, ...], NoDecode, BeforeValidator(_read), AfterValidator(_distinct)]
