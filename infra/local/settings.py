"""What the supervisor reads from the environment. What the services read besides passes through to them untouched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from shared.origin import Origin

Port = Annotated[int, Field(ge=1, le=65535)]

PORT_SETTINGS = {
    "gateway": "GATEWAY_PORT",
    "auth": "AUTH_PORT",
    "policy": "POLICY_PORT",
    "web": "WEB_PORT",
    "postgres": "POSTGRES_PORT",
    "valkey": "VALKEY_PORT",
}


class BadSettings(Exception):
    """A setting cannot be used; the message has one line for each, with its name."""


class LocalSettings(BaseModel):
    """The embedded stack's settings. Every one may also come from a file that NAME_FILE names."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    openpolicy_var: Path = Field(Path("var"), description="Folder of all data, relative to where the command runs.")
    openpolicy_sample: bool = Field(True, description="Import the sample policies at the first start.")
    gateway_host: str = Field("127.0.0.1", description="Address the gateway listens on; 0.0.0.0 for all.")
    gateway_port: Port = Field(8080, description="Port of the gateway, the only one people use.")
    auth_port: Port = Field(8081, description="Loopback port of the auth service.")
    policy_port: Port = Field(8082, description="Loopback port of the policy service.")
    web_port: Port = Field(8083, description="Loopback port of the web service.")
    postgres_port: Port = Field(54320, description="Loopback port of the embedded PostgreSQL.")
    valkey_port: Port = Field(63790, description="Loopback port of the embedded Valkey.")
    database_url: SecretStr | None = Field(None, description="An existing PostgreSQL database, as its owner.")
    redis_url: SecretStr | None = Field(None, description="An existing Redis or Valkey.")
    public_url: Origin | None = Field(None, description="The address people type; default: the gateway's.")

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Reads the environment. An empty value counts as unset.

        Raises:
            BadSettings: names every setting that is wrong, without its value.
        """
        values: dict[str, str] = {}
        for name in cls.model_fields:
            file = environment.get(f"{name.upper()}_FILE")
            try:
                value = Path(file).read_text().strip() if file else environment.get(name.upper(), "")
            except OSError as error:
                raise BadSettings(f"{name.upper()}_FILE: cannot read {file}: {error.strerror}") from None
            if value:
                values[name] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            raise BadSettings(
                "\n".join(f"{_place(e['loc'])}{e['msg'].removeprefix('Value error, ')}" for e in found)
            ) from None

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        seen: dict[int, str] = {}
        for setting, port in self.ports().items():
            if port in seen:
                raise ValueError(f"{seen[port]} and {setting} are both {port}; each process needs its own port")
            seen[port] = setting
        return self

    @model_validator(mode="after")
    def _addresses_fit(self) -> Self:
        checks = (
            ("DATABASE_URL", self.database_url, ("postgresql://", "postgres://")),
            ("REDIS_URL", self.redis_url, ("redis://", "rediss://")),
        )
        for name, value, schemes in checks:
            if value is not None and not value.get_secret_value().startswith(schemes):
                raise ValueError(f"{name} must start with {' or '.join(schemes)}")
        return self

    @property
    def folder(self) -> Path:
        return self.openpolicy_var.absolute()

    @property
    def address(self) -> str:
        """The address people type, without a slash at the end."""
        if self.public_url:
            return self.public_url
        local = self.gateway_host in {"127.0.0.1", "0.0.0.0", "::1", "::"}  # noqa: S104 - compared, not bound
        host = "localhost" if local else self.gateway_host
        return f"http://{host}:{self.gateway_port}"

    def ports(self) -> dict[str, int]:
        """Setting name to port, for each process the stack will run."""
        unused = set()
        if self.database_url is not None:
            unused.add("postgres")
        if self.redis_url is not None:
            unused.add("valkey")
        return {
            setting: getattr(self, setting.lower()) for name, setting in PORT_SETTINGS.items() if name not in unused
        }


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, location)).upper()}: " if location else ""
