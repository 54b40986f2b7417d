"""The embedded Valkey: its configuration, command line and readiness."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from infra.local.binaries import ValkeyBinary, find_valkey


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """One Valkey server on 127.0.0.1 whose state lies in `folder`."""

    folder: Path  # absolute
    port: int
    password: str  # without quotes and spaces; goes into a file only we can read, never onto a command line
    binary: ValkeyBinary

    @classmethod
    def locate(cls, folder: Path, port: int, password: str) -> ValkeyServer:
        """A server from the program this machine offers.

        Raises:
            BinaryNotFound: there is none.
        """
        return cls(folder.absolute(), port, password, find_valkey())

    @property
    def configuration_file(self) -> Path:
        return self.folder / "valkey.conf"

    def url(self, database: int = 0) -> str:
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        return [str(self.binary.path), str(self.configuration_file)]

    def prepare(self) -> None:
        """Writes the folder and the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = (
            "# Written by openpolicy at every start; changes here are lost.\n"
            "bind 127.0.0.1\n"
            f"port {self.port}\n"
            f"requirepass {self.password}\n"
            f'dir "{self.folder}"\n'
            "daemonize no\n"
            "databases 16\n"
            "maxmemory 64mb\n"
            # Only keys that expire are dropped, those nearest their end first: cached pages go long before
            # revocations, which live as long as the session they end.
            "maxmemory-policy volatile-ttl\n"
            "appendonly no\n"
            "save 60 1\n"
            "stop-writes-on-bgsave-error no\n"
            "loglevel warning\n"
            # A changed title overwrites the environment, by which a left-over server is recognised.
            "set-proc-title no\n"
        )
        descriptor = os.open(self.configuration_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)

    def is_ready(self) -> bool:
        """Whether the server answers an authenticated PING (it says LOADING while it reads its snapshot)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                secret = self.password.encode()
                connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(secret), secret))
                connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                answer = b""
                while answer.count(b"\r\n") < 2:
                    chunk = connection.recv(256)
                    if not chunk:
                        return False
                    answer += chunk
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")
