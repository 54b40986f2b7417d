"""The addresses under which one database is reached: as its owner, and as each service's role."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One migrated database. Every address is `postgresql://user:password@host:port/name`."""

    name: str
    owner_url: str
    auth_url: str
    policy_url: str


def role_of(service: str) -> str:
    """The login role of a service; it sees only the schema that carries the service's name."""
    return f"openpolicy_{service}"


def database_urls(owner_url: str, auth_password: str, policy_password: str) -> DatabaseUrls:
    """All addresses of the database that `owner_url` names."""
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]

    def address(service: str, password: str) -> str:
        return parts._replace(netloc=f"{role_of(service)}:{quote(password, safe='')}@{host}").geturl()

    return DatabaseUrls(
        parts.path.lstrip("/"), owner_url, address("auth", auth_password), address("policy", policy_password)
    )
