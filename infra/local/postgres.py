"""The embedded PostgreSQL: its data folder, configuration, command line and readiness."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from infra.local.binaries import PostgresBinaries, find_postgres
from infra.local.identity import Identity, postgres_identity, reachable_binaries
from infra.local.pids import ProcessId, end, identify

OWNER = "openpolicy"
LONGEST_SOCKET_PATH = 107  # bytes, what Linux's sockaddr_un holds

Profile = Literal["durable", "throwaway"]

_PROFILES: dict[Profile, str] = {
    "durable": "",
    # Tests: a crash of the machine may lose it all.
    "throwaway": "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum_naptime = 1h\n",
}


_LEAST_BUFFERS_MB, _MOST_BUFFERS_MB = 128, 384
"""Searching Canada's law reads some 400 MB again and again; with 128 a search takes a fifth longer."""


def buffers_mb(memory_mb: int) -> int:
    """PostgreSQL's own memory for pages on a machine with so much memory: an eighth of it, within bounds."""
    return max(_LEAST_BUFFERS_MB, min(_MOST_BUFFERS_MB, memory_mb // 8))


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


class PostgresFailed(Exception):
    """PostgreSQL's data folder cannot be made or used; the message says why."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One PostgreSQL server on 127.0.0.1 whose whole state lies in `folder`."""

    folder: Path  # absolute; holds data/ and, for some identities, copies of the programs
    port: int
    password: str
    binaries: PostgresBinaries
    identity: Identity
    profile: Profile = "durable"

    @classmethod
    def locate(cls, folder: Path, port: int, password: str, profile: Profile = "durable") -> PostgresServer:
        """A server from the programs and the identity this machine offers.

        Raises:
            BinaryNotFound: there is no PostgreSQL.
            NoIdentity: we are root and cannot become another user.
        """
        folder = folder.absolute()
        identity = postgres_identity()
        binaries = reachable_binaries(find_postgres(), identity, folder)
        return cls(folder, port, password, binaries, identity, profile)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def owner_url(self, database: str = OWNER) -> str:
        """The administrator's address of `database`, password included."""
        return f"postgresql://{OWNER}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        return [*self.identity.prefix, str(self.binaries.postgres), "-D", str(self.data)]

    def prepare(self) -> None:
        """Creates the data folder at first, and writes the configuration anew. Takes well under a second.

        Raises:
            PostgresFailed: initdb failed, or the folder belongs to another major version.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            self._init()
        found = version_file.read_text().strip()
        if found != str(self.binaries.major):
            raise PostgresFailed(
                f"{self.data} was written by PostgreSQL {found}, but the one found is {self.binaries.major} "
                f"({self.binaries.bin_dir}). Install PostgreSQL {found}, or dump and restore the data."
            )
        self._write("postgresql.conf", self._configuration())
        self._write(
            "pg_hba.conf",
            "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n",
        )

    def is_ready(self) -> bool:
        """Whether the server accepts connections, from the state it writes to postmaster.pid (as pg_ctl does)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def clear_after_crash(self) -> None:
        """Makes way for a new start when the last server was killed. Blocks up to a second or so.

        Only call when no server may be running on this folder. Two things can be in the way: server processes that
        have not noticed yet that theirs is gone, and lock files whose number now belongs to somebody else, or to a
        dead process that nobody has collected.
        """
        end(self._stragglers(), 1.0, signal.SIGQUIT)
        (self.data / f".s.PGSQL.{self.port}.lock").unlink(missing_ok=True)
        lock = self.data / "postmaster.pid"
        if lock.exists():
            # Not removed: its seventh line lets PostgreSQL itself refuse while the old shared memory is in use. It
            # takes a lock of its parent's number, ours, for left over. The eighth line, "ready", is no longer true.
            lines = lock.read_text().splitlines()[:7]
            lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    def _stragglers(self) -> list[ProcessId]:
        """Processes of a PostgreSQL server that works in our folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                works_here = (entry / "cwd").readlink() == self.data.resolve()
                if works_here and (entry / "exe").readlink().name == "postgres":
                    found.append(identify(int(entry.name)))
        return [process for process in found if process is not None]

    def _init(self) -> None:
        # Made beside and renamed, so that an interrupted first start leaves nothing half done.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file = self.folder / "password.new"
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.password + "\n")
        self.identity.give(fresh)
        self.identity.give(password_file)
        command = [*self.identity.prefix, str(self.binaries.initdb), "-D", str(fresh), "--username", OWNER]
        command += ["--pwfile", str(password_file), "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
        # The built-in provider needs no locale of the machine; versions before 17 lack it.
        if self.binaries.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--locale=C.UTF-8"]
        if self.profile == "throwaway":
            command.append("--no-sync")
        try:
            # The command is made of our own paths and fixed options.
            done = subprocess.run(  # noqa: S603
                command,
                capture_output=True,
                text=True,
                user=self.identity.user,
                group=self.identity.group,
                extra_groups=self.identity.extra_groups,
                env=_clean_environment(),
                check=False,
            )
        except PermissionError as error:
            raise PostgresFailed(
                f"the user {self.identity.user} cannot reach {error.filename}: a folder above it is closed to others. "
                "Choose a data folder (OPENPOLICY_VAR) that others may enter, or run openpolicy as an ordinary user."
            ) from None
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise PostgresFailed(f"initdb failed in {self.folder}: {(done.stderr or done.stdout).strip()[-1000:]}")
        fresh.rename(self.data)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        self.identity.give(path)

    def _configuration(self) -> str:
        socket_path = f"{self.data}/.s.PGSQL.{self.port}"
        sockets = str(self.data) if len(os.fsencode(socket_path)) <= LONGEST_SOCKET_PATH else ""
        return (
            "# Written by openpolicy at every start; changes here are lost.\n"
            "listen_addresses = '127.0.0.1'\n"
            f"port = {self.port}\n"
            f"unix_socket_directories = '{_quoted(sockets)}'\n"
            "unix_socket_permissions = 0700\n"
            "password_encryption = scram-sha-256\n"
            "max_connections = 100\n"
            f"shared_buffers = {buffers_mb(_memory_mb())}MB\n"
            "work_mem = 8MB\n"
            "maintenance_work_mem = 128MB\n"
            "effective_cache_size = 1GB\n"
            "random_page_cost = 1.1\n"
            "jit = off\n"
            "max_wal_size = 2GB\n"
            "wal_compression = on\n"
            "checkpoint_timeout = 15min\n"
            "wal_level = minimal\n"
            "max_wal_senders = 0\n"
            "max_logical_replication_workers = 0\n"
            "timezone = 'UTC'\n"
            "log_timezone = 'UTC'\n"
            "lc_messages = 'C'\n"
            "log_line_prefix = ''\n"
            "log_checkpoints = off\n"
            "cluster_name = 'openpolicy'\n" + _PROFILES[self.profile]
        )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _clean_environment() -> dict[str, str]:
    """Our environment without PG*, which would redirect the programs, and without a locale that may not exist."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
