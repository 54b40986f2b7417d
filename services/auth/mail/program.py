"""`python -m services.auth outbox`: prints the letters that no mail server takes, the newest last.

Exit codes: 0 done, 1 the database is away, 2 wrong settings, 3 mail is sent here and not shown.
"""

import asyncio
import sys

from pydantic import Field, SecretStr

from services.auth.mail import repo
from shared.db import open_database
from shared.errors import PlatformError
from shared.log import configure
from shared.origin import Origin
from shared.settings import BadSettings, DevelopmentSwitch, EnvironmentSettings

_WAIT_SECONDS = 5.0
_SENT = 3
_MOST = 50


class OutboxSettings(EnvironmentSettings):
    """What the program reads from its environment: a part of what the service reads."""

    public_url: Origin = Field("http://localhost:8080", description="The platform's address as people type it.")
    database_url: SecretStr = Field(description="PostgreSQL, as the role openpolicy_auth.")
    development_outbox: DevelopmentSwitch = Field(False, description="Shows mail instead of sending it.")


def run_outbox() -> int:
    """Run the program; returns the exit code."""
    try:
        settings = OutboxSettings.load()
        if not settings.development_outbox:
            return _refuse(_SENT, "mail is not shown here: that is for development, with DEVELOPMENT_OUTBOX=true")
        configure("auth", level="warning", style="console")
        sys.stdout.write(asyncio.run(_letters(settings)))
    except BadSettings as error:
        return _refuse(2, str(error))
    except (PlatformError, OSError, TimeoutError) as error:
        return _refuse(1, f"the database cannot be reached ({type(error).__name__})")
    return 0


async def _letters(settings: OutboxSettings) -> str:
    dsn = settings.database_url.get_secret_value()
    async with (
        open_database(dsn, service="auth", min_size=1, max_size=1, wait_seconds=_WAIT_SECONDS) as database,
        database.connection() as connection,
    ):
        letters = await repo.newest(connection, _MOST)
    return "".join(
        f"To: {letter.recipient}\nDate: {letter.created_at:%Y-%m-%d %H:%M} UTC\nSubject: {letter.subject}\n\n"
        f"{letter.body}\n{'-' * 72}\n"
        for letter in reversed(letters)
    )


def _refuse(code: int, message: str) -> int:
    sys.stderr.write("".join(f"openpolicy outbox: {line}\n" for line in message.splitlines()))
    return code
