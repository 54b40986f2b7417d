"""`python -m services.auth` serves; `python -m services.auth first-admin` prints the first administrator's link;
`python -m services.auth audit …` verifies, anchors and exports the audit trail; `… keys …` rotates signing keys;
`… outbox` prints letters.

Exit codes: 0 done, 1 the database is away, 2 wrong settings or usage, 3 there is an administrator already.
"""

import argparse
import asyncio
import sys

from services.auth.app import SERVICE, create_app
from services.auth.audit.trail import TRAIL
from services.auth.mail.program import run_outbox
from services.auth.roles.domain import AdministratorExists
from services.auth.roles.first_admin import make_link
from services.auth.settings import AuthSettings
from services.auth.tokens.program import run_keys
from shared.db import open_database
from shared.errors import PlatformError
from shared.log import configure
from shared.settings import BadSettings
from shared.trail.program import run_trail
from shared.web import serve

COMMAND_WAIT_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["keys"]:
        return run_keys(given[1:])
    if given == ["outbox"]:
        return run_outbox()
    if given[:1] == ["audit"]:
        try:
            return run_trail(given[1:], TRAIL)
        except BadSettings as error:
            return _refuse(2, str(error))
    parser = argparse.ArgumentParser(prog="python -m services.auth", description="The auth service.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve HTTP (the default)")
    commands.add_parser("first-admin", help="print the one-time link that makes the first administrator")
    commands.add_parser("keys", help="list, rotate or drop the keys that sign access tokens")
    commands.add_parser("outbox", help="print the letters that are shown instead of sent")
    commands.add_parser("audit", help="verify, anchor or export the audit trail")
    command = parser.parse_args(given).command or "serve"
    try:
        settings = AuthSettings.load()
        if command == "serve":
            serve(lambda: create_app(settings), settings, service=SERVICE)
            return 0
        configure(SERVICE, level="warning", style="console")
        return asyncio.run(_first_admin(settings))
    except BadSettings as error:
        return _refuse(2, str(error))
    except (PlatformError, OSError, TimeoutError) as error:
        return _refuse(1, f"the database cannot be reached ({type(error).__name__})")


async def _first_admin(settings: AuthSettings) -> int:
    dsn = settings.database_url.get_secret_value()
    async with open_database(dsn, service=SERVICE, min_size=1, max_size=1, wait_seconds=COMMAND_WAIT_SECONDS) as db:
        try:
            link = await make_link(db, settings.public_url)
        except AdministratorExists:
            return _refuse(3, "there is an administrator already; ask them for a role")
    sys.stdout.write(f"{link}\n")
    return 0


def _refuse(code: int, message: str) -> int:
    sys.stderr.write("".join(f"openpolicy auth: {line}\n" for line in message.splitlines()))
    return code


if __name__ == "__main__":
    sys.exit(main())
