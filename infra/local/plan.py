"""Which processes the stack is made of, and what each is told. Decides, starts nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.db.addresses import DatabaseUrls, database_urls
from infra.local.pids import MARKER
from infra.local.postgres import PostgresServer
from infra.local.probes import ask, loopback
from infra.local.process import ProcessSpec
from infra.local.secrets import SERVICE_SECRETS, SecretStore, previous_of
from infra.local.settings import LocalSettings
from infra.local.valkey import ValkeyServer
from shared.listening import bind, usable_cores
from shared.origin import is_loopback, is_on_loopback

# The folder that holds `services`, `shared` and `infra`; services run there, so that no folder of the user's own
# called `services` is imported in their place.
INSTALLATION = Path(__file__).parents[2]
DATABASE = "openpolicy"
_NEVER_PASSED_ON = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE", "HOST", "PORT", "LOG_FORMAT")
TOLD = ("auth", "policy")  # services whose own programs people run beside the stack
_SECRETS_OF = {
    "gateway": ("internal_key",),
    "auth": SERVICE_SECRETS,
    "policy": ("internal_key", "cursor_key"),
    "web": ("internal_key",),
    "worker": (),
}
_AWAY_SECONDS = 0.25  # a database that is just starting notes each attempt in its log
_PRESENT_SECONDS = 30  # a sign of life of the worker is good for so long


@dataclass(frozen=True, slots=True)
class Plan:
    """The stack as it will run. `postgres` and `valkey` are None where an existing server is used."""

    settings: LocalSettings
    secrets: SecretStore
    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    database: DatabaseUrls
    redis_url: str
    installation: Path  # the folder that holds the `services` to run

    @classmethod
    def make(cls, settings: LocalSettings, secrets: SecretStore, installation: Path = INSTALLATION) -> Plan:
        """Finds the programs and puts the addresses together. The secrets must exist.

        Raises:
            BinaryNotFound, NoIdentity: this machine cannot run a server that is asked for.
        """
        postgres = valkey = None
        if settings.database_url is not None:
            owner_url = settings.database_url.get_secret_value()
        else:
            password = secrets.read("postgres_owner_password")
            postgres = PostgresServer.locate(settings.folder / "postgres", settings.postgres_port, password)
            owner_url = postgres.owner_url(DATABASE)
        if settings.redis_url is not None:
            redis_url = settings.redis_url.get_secret_value()
        else:
            password = secrets.read("valkey_password")
            valkey = ValkeyServer.locate(settings.folder / "valkey", settings.valkey_port, password)
            redis_url = valkey.url()
        passwords = (secrets.read("postgres_auth_password"), secrets.read("postgres_policy_password"))
        return cls(settings, secrets, postgres, valkey, database_urls(owner_url, *passwords), redis_url, installation)

    def servers(self) -> list[ProcessSpec]:
        """PostgreSQL and Valkey, as far as they are ours."""
        found = []
        marked = {**os.environ, MARKER: str(self.settings.folder), "LC_ALL": "C"}
        folder = self.settings.folder
        if self.postgres is not None:
            server = self.postgres
            found.append(
                ProcessSpec(
                    name="postgres",
                    port=server.port,
                    command=tuple(server.command()),
                    ready=_blocking(server.is_ready),
                    environment={name: value for name, value in marked.items() if not name.startswith("PG")},
                    folder=folder,
                    identity=server.identity,
                    stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown: ends sessions, writes everything
                    before_start=server.clear_after_crash,
                )
            )
        if self.valkey is not None:
            cache = self.valkey
            found.append(
                ProcessSpec(
                    name="valkey",
                    port=cache.port,
                    command=tuple(cache.command()),
                    ready=_blocking(cache.is_ready),
                    environment=marked,
                    folder=folder,
                )
            )
        return found

    def services(self) -> list[ProcessSpec]:
        """The four services, and the worker."""
        ports = {
            "auth": self.settings.auth_port,
            "policy": self.settings.policy_port,
            "web": self.settings.web_port,
            "gateway": self.settings.gateway_port,
        }
        return [*(self._service(name, port) for name, port in ports.items()), self._worker()]

    def environment(self, service: str) -> dict[str, str]:
        """The whole environment of a service, or of a program of it, besides HOST and PORT."""
        return inherited() | self.told(service)

    def told(self, service: str) -> dict[str, str]:
        """What we tell a service besides what it inherits; its secrets by the files they lie in.

        A secret that the user's environment holds is theirs.
        """
        ours = {
            "LOG_FORMAT": "console",
            "PUBLIC_URL": self.settings.address,
            "REDIS_URL": self.redis_url,
            "AUTH_URL": f"http://127.0.0.1:{self.settings.auth_port}",
            "POLICY_URL": f"http://127.0.0.1:{self.settings.policy_port}",
            "WEB_URL": f"http://127.0.0.1:{self.settings.web_port}",
            "PYTHONUNBUFFERED": "1",
        }
        if service in {"auth", "web"} and self._shows_mail():
            ours["DEVELOPMENT_OUTBOX"] = "true"
        for name in _SECRETS_OF[service]:
            if not {name.upper(), f"{name.upper()}_FILE"} & os.environ.keys():
                ours[f"{name.upper()}_FILE"] = str(self.secrets.path(name))
                ours[f"{name.upper()}_PREVIOUS_FILE"] = str(self.secrets.path(previous_of(name)))
        if service in {"auth", "policy", "worker"}:
            ours["DATABASE_URL"] = self.database.auth_url if service == "auth" else self.database.policy_url
        return ours

    def _shows_mail(self) -> bool:
        """Whether letters are shown, since no mail server is named and nobody but us can reach the platform."""
        decided = {"DEVELOPMENT_OUTBOX", "SMTP_HOST", "SMTP_HOST_FILE"} & os.environ.keys()
        return not decided and is_on_loopback(self.settings.address) and is_loopback(self.settings.gateway_host)

    def _service(self, name: str, port: int) -> ProcessSpec:
        host = self.settings.gateway_host if name == "gateway" else "127.0.0.1"
        environment: Mapping[str, str] = self.environment(name) | {
            "HOST": host,
            "PORT": str(port),
            MARKER: str(self.settings.folder),
        }

        async def ready() -> bool:
            return (await ask(loopback(host), port, "/readyz")).ok

        return ProcessSpec(
            name=name,
            port=port,
            command=(sys.executable, "-m", f"services.{name}"),
            ready=ready,
            environment=environment,
            folder=self.installation,
            listen=lambda: _listen(host, port, _processes_of(name, environment)),
        )

    def _worker(self) -> ProcessSpec:
        """What imports uploads. It listens on no port; that it is there stands in the database."""
        name = f"{socket.gethostname()}:{self.settings.folder}"[-200:]

        def is_present() -> bool:
            try:
                with psycopg.connect(self.database.policy_url, connect_timeout=2, autocommit=True) as connection:
                    query = "SELECT FROM import_worker WHERE name = %s AND seen_at > now() - make_interval(secs => %s)"
                    return connection.execute(query, [name, _PRESENT_SECONDS]).fetchone() is not None
            except psycopg.Error:
                time.sleep(_AWAY_SECONDS)
                return False

        return ProcessSpec(
            name="worker",
            port=0,
            command=(sys.executable, "-m", "services.policy", "work"),
            ready=_blocking(is_present),
            environment=self.environment("worker") | {"WORKER_NAME": name, MARKER: str(self.settings.folder)},
            folder=self.installation,
        )


def told_name(service: str) -> str:
    """The secret file in which a running stack notes what it told this service."""
    return f"told_{service}"


def inherited() -> dict[str, str]:
    """Our environment without what names our own servers or belongs to the supervisor."""
    return {name: value for name, value in os.environ.items() if name not in _NEVER_PASSED_ON}


def _processes_of(service: str, environment: Mapping[str, str]) -> int:
    """How many processes listen: the gateway may have several, each with a socket of its own."""
    asked = environment.get("PROCESSES", "1")
    if service != "gateway" or not asked.isdigit():  # what is no number, the gateway refuses with its name
        return 1
    return int(asked) or usable_cores()


def _listen(host: str, port: int, processes: int) -> list[socket.socket]:
    if processes == 1:
        return bind(host, port)
    return [each for _ in range(processes) for each in bind(host, port, shared=True)]


def _blocking(check: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await asyncio.to_thread(check)

    return ready
