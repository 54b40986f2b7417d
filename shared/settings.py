"""What every service reads from its environment. `NAME_FILE` may hold the path of a file with the value of `NAME`."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from shared.origin import Origin, is_on_loopback

_EXAMPLES = ("change-me", "changeme", "example", "secret", "password")


def _strong(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text) < 32:
        raise ValueError("must have at least 32 characters")
    if len(set(text)) < 8 or any(text.lower().startswith(word) for word in _EXAMPLES):
        raise ValueError("is an example value; generate one with: openssl rand -hex 32")
    return value


StrongSecret = Annotated[SecretStr, AfterValidator(_strong)]
"""A secret of at least 32 characters that is not an example."""

PreviousSecret = Annotated[StrongSecret | None, BeforeValidator(lambda value: value or None)]
"""A second secret that is accepted, and no longer (or not yet) used; empty for none."""


def _only_on_loopback(value: bool, info: ValidationInfo) -> bool:
    if value and not is_on_loopback(str(info.data.get("public_url", ""))):
        raise ValueError("is for development alone: PUBLIC_URL must be on localhost")
    return value


DevelopmentSwitch = Annotated[bool, AfterValidator(_only_on_loopback)]
"""A switch that nobody can forget to turn off: with it, no service starts at an address that others reach."""


def _numbers(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Descriptors = Annotated[tuple[Annotated[int, Field(ge=0)], ...], NoDecode, BeforeValidator(_numbers)]


class BadSettings(Exception):
    """The environment cannot be used; the message names each setting and what is wrong with it."""


class _FileSource(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` for each field, as container secrets are given."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise BadSettings(f"{field_name.upper()}_FILE: cannot read {path}: {error.strerror}") from error

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found


class EnvironmentSettings(BaseSettings):
    """Settings of any program of a service: environment and `NAME_FILE`, nothing else."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _FileSource(settings_cls), env_settings

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises BadSettings that names every wrong field, without its value."""
        try:
            return cls()
        except ValidationError as error:
            lines = [
                f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
                for e in error.errors(include_input=False)
            ]
            raise BadSettings("\n".join(lines)) from None


def text_of(secret: SecretStr | None) -> str:
    """The secret itself, empty for none."""
    return secret.get_secret_value() if secret else ""


class ServiceSettings(EnvironmentSettings):
    """Settings common to all services."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    listen_descriptors: Descriptors = Field(
        (),
        description="Open descriptors of sockets that listen already, separated by commas, instead of HOST and PORT; "
        "given by a supervisor, so that a restart closes no socket.",
    )
    ready_descriptor: int = Field(
        -1, description="Open descriptor that gets a line once traffic may come; given by a supervisor."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level logged.")
    log_format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    public_url: Origin = Field("http://localhost:8080", description="The platform's address as people type it.")
    internal_key: StrongSecret = Field(description="Signs the tokens between services; the same for all of them.")
    internal_key_previous: PreviousSecret = Field(
        None, description="Accepted besides INTERNAL_KEY while that is being changed; see docs/security.md."
    )
    redis_url: SecretStr = Field(description="Redis or Valkey, e.g. redis://:password@127.0.0.1:6379/0.")
