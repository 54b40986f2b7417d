"""What the web service reads from its environment."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, DirectoryPath, Field

from shared.settings import DevelopmentSwitch, ServiceSettings


class WebSettings(ServiceSettings):
    """Settings of the web service."""

    port: int = Field(8083, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    auth_url: str = Field("http://127.0.0.1:8081", description="Address of the auth service.")
    policy_url: str = Field("http://127.0.0.1:8082", description="Address of the policy service.")

    development_outbox: DevelopmentSwitch = Field(
        False, description="Shows mail at /outbox instead of sending it. Only where PUBLIC_URL is on localhost."
    )

    locales: Annotated[DirectoryPath | None, BeforeValidator(lambda value: value or None)] = Field(
        None,
        description="A folder with more languages of the interface, a .po file each; empty for English and French.",
    )

    @property
    def secure_cookies(self) -> bool:
        """True when people reach the platform over https; only then may a cookie be called `__Host-`."""
        return urlsplit(self.public_url).scheme == "https"
