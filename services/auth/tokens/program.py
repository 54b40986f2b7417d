"""`python -m services.auth keys …`: shows, rotates and drops the keys that sign access tokens.

Exit codes: 0 done, 1 the database is away, 2 wrong settings or usage, 4 too early, or there is no such key.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence

from pydantic import Field, SecretStr

from services.auth.sessions.announcements import EPOCH_SECONDS
from services.auth.tokens.domain import KeyState, Seal, TooEarly, UnknownKey, revoked_name
from services.auth.tokens.service import KeyRing
from shared.cache import AWAY, open_redis
from shared.db import open_database
from shared.errors import PlatformError
from shared.log import configure
from shared.settings import BadSettings, EnvironmentSettings, PreviousSecret, StrongSecret, text_of

_WAIT_SECONDS = 5.0
_REFUSED = 4


class KeySettings(EnvironmentSettings):
    """What the program reads from its environment: a part of what the service reads."""

    database_url: SecretStr = Field(description="PostgreSQL, as the role openpolicy_auth.")
    redis_url: SecretStr = Field(description="Redis or Valkey.")
    key_encryption_key: StrongSecret = Field(description="Seals the signing keys that are kept in the database.")
    key_encryption_key_previous: PreviousSecret = Field(None, description="Opens what was sealed before that changed.")


def run_keys(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.auth keys", description="The keys of access tokens.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("list", help="show the keys: id, state, since when")
    commands.add_parser("rotate", help="sign with the next key from now on")
    drop = commands.add_parser("drop", help="refuse at once whatever a compromised key signed")
    drop.add_argument("kid", help="the key's id, as `list` shows it")
    given = parser.parse_args(arguments)
    try:
        settings = KeySettings.load()
        configure("auth", level="warning", style="console")
        return asyncio.run(_run(given.command, getattr(given, "kid", ""), settings))
    except BadSettings as error:
        return _refuse(2, str(error))
    except (TooEarly, UnknownKey) as error:
        said = f"there is no signing key {error}" if isinstance(error, UnknownKey) else str(error)
        return _refuse(_REFUSED, said)
    except (PlatformError, OSError, TimeoutError) as error:
        return _refuse(1, f"the database cannot be reached ({type(error).__name__})")


async def run_drop(kid: str, settings: KeySettings) -> bool:
    """Drop a key and have gateways refuse it; whether they know. Raises UnknownKey."""
    async with _opened(settings) as ring:
        await ring.drop(kid)
    return await _announce(kid, settings)


async def _run(command: str, kid: str, settings: KeySettings) -> int:
    if command == "drop":
        told = await run_drop(kid, settings)
        sys.stdout.write(f"{kid} was dropped{'' if told else '; Redis is away and will be told on its return'}\n")
        return 0
    async with _opened(settings) as ring:
        if command == "rotate":
            sys.stdout.write(f"{await ring.rotate()} signs from now on\n")
        else:
            _show(sorted((k.state, k.kid, f"{k.state_changed_at:%Y-%m-%d %H:%M}") for k in await ring.keys()))
    return 0


@contextlib.asynccontextmanager
async def _opened(settings: KeySettings) -> AsyncIterator[KeyRing]:
    dsn = settings.database_url.get_secret_value()
    async with open_database(dsn, service="auth", min_size=1, max_size=1, wait_seconds=_WAIT_SECONDS) as database:
        seal = Seal(text_of(settings.key_encryption_key), text_of(settings.key_encryption_key_previous))
        ring = KeyRing(database, seal, issuer="")
        await ring.load()
        yield ring


async def _announce(kid: str, settings: KeySettings) -> bool:
    """Have gateways refuse it now; the running service repeats it whenever Redis forgot."""
    try:
        async with open_redis(settings.redis_url.get_secret_value()) as redis:
            await redis.set(revoked_name(kid), "1", ex=EPOCH_SECONDS)
    except AWAY:
        return False
    return True


def _show(rows: Sequence[tuple[KeyState, str, str]]) -> None:
    sys.stdout.write("".join(f"{kid}  {state:<8}  since {since} UTC\n" for state, kid, since in rows))


def _refuse(code: int, message: str) -> int:
    sys.stderr.write("".join(f"openpolicy auth: {line}\n" for line in message.splitlines()))
    return code
