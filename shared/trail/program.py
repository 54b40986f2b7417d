"""`python -m services.NAME audit …`: verifies, anchors and exports the trail in a service's own schema.

Exit codes: 0 all is well, 1 the trail is broken or the database is away, 2 wrong usage or settings.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import Field, SecretStr

from shared.db import Connection, Database, open_database
from shared.errors import PlatformError
from shared.log import configure
from shared.settings import EnvironmentSettings
from shared.trail.chain import START, Anchor, Broken, Link, Verifier, export_line, read_anchors

_AT_ONCE = 1000
_WAIT_SECONDS = 5.0
_HOUR = 3600.0


class TrailSettings(EnvironmentSettings):
    """All that these programs need."""

    database_url: SecretStr = Field(description="PostgreSQL as the service's own role.")


@dataclass(frozen=True, slots=True)
class Trail:
    """A service's trail. `queries` has `links`, `unlinked`, `head` and `cut`; `fields` names the values of an event by
    the table that holds it."""

    name: str
    queries: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]]


async def head_of(connection: Connection, trail: Trail) -> Anchor:
    """How far the trail has reached."""
    row = await connection.fetchrow(trail.queries["head"])
    return Anchor(trail.name, row["position"], row["hash"]) if row else Anchor(trail.name, 0, START)


async def verify(connection: Connection, trail: Trail, anchors: list[Anchor]) -> Anchor:
    """Walk through the whole trail in a transaction that sees one moment of it; where it ends. Raises Broken."""
    cut = await connection.fetchrow(trail.queries["cut"])
    verifier = Verifier(trail.name, Anchor(trail.name, cut["position"], cut["hash"]) if cut else None, anchors)
    async for link in _links(connection, trail, 0):
        verifier.take(link)
    unlinked = await connection.fetchrow(trail.queries["unlinked"])
    if unlinked is not None:
        raise Broken(f"{unlinked['source']} {unlinked['id']} was slipped in: no link holds it")
    verifier.end()
    return verifier.head


def run_trail(arguments: list[str], trail: Trail) -> int:
    """Run the command line after `audit`; returns the exit code. Raises BadSettings."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{trail.name} audit", description="The audit trail.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verifying = commands.add_parser("verify", help="walk through the chain and name the first broken row")
    verifying.add_argument("--anchor", type=Path, help="file with lines of `audit anchor`, or a log that holds them")
    commands.add_parser("anchor", help="print how far the trail reached, to be kept elsewhere")
    exporting = commands.add_parser("export", help="print the trail as NDJSON, oldest first")
    exporting.add_argument("--after", type=int, default=0, help="go on after this position")
    exporting.add_argument("--file", type=Path, help="append to this file, after the last whole line that it has")
    given = parser.parse_args(arguments)
    settings = TrailSettings.load()
    configure(trail.name, level="warning", style="console")
    try:
        return asyncio.run(_run(given, settings.database_url.get_secret_value(), trail))
    except Broken as error:
        sys.stdout.write(f"{trail.name}: BROKEN: {error}\n")
    except (PlatformError, OSError, TimeoutError) as error:
        sys.stderr.write(f"{trail.name}: {error or type(error).__name__}\n")
    return 1


async def _run(given: argparse.Namespace, dsn: str, trail: Trail) -> int:
    async with open_database(
        dsn, service=trail.name, min_size=1, max_size=1, statement_seconds=_HOUR, wait_seconds=_WAIT_SECONDS,
        server_settings={"openpolicy.permissions": "system"},  # the trail is whole only where nothing is hidden
    ) as database:  # fmt: skip
        if given.command == "verify":
            anchors = read_anchors(given.anchor.read_text(encoding="utf-8", errors="replace")) if given.anchor else []
            async with database.transaction(readonly=True) as connection:
                head = await verify(connection, trail, anchors)
            known = sum(anchor.trail == trail.name for anchor in anchors)
            sys.stdout.write(f"{trail.name}: {head.position} links, whole; {known} anchors met; {head.hash.hex()}\n")
        elif given.command == "anchor":
            async with database.connection() as connection:
                sys.stdout.write(f"{await head_of(connection, trail)}\n")
        elif given.file is None:
            await _export(database, trail, given.after, sys.stdout)
        else:
            after = max(given.after, _resume(given.file))
            with given.file.open("a", encoding="utf-8") as file:
                await _export(database, trail, after, file)
    return 0


async def _export(database: Database, trail: Trail, after: int, to: TextIO) -> None:
    async with database.transaction(readonly=True) as connection:
        async for link in _links(connection, trail, after):
            if link.fields is None:
                raise Broken(f"link {link.position} ({link.source} {link.event}): its event was removed")
            to.write(export_line(trail.name, link, trail.fields[link.source]) + "\n")
    to.flush()


def _resume(path: Path) -> int:
    """The position of the last whole line; half a line behind it is cut off."""
    if not path.exists():
        return 0
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - 2**20)
        file.seek(begin)
        tail = file.read()
        end = tail.rfind(b"\n") + 1
        file.truncate(begin + end)
        last = tail[:end].rstrip(b"\n").rpartition(b"\n")[2]
    return int(json.loads(last)["position"]) if last else 0


async def _links(connection: Connection, trail: Trail, after: int) -> AsyncIterator[Link]:
    async for row in connection.cursor(trail.queries["links"], after, prefetch=_AT_ONCE):
        fields = None if row["fields"] is None else tuple(row["fields"])
        yield Link(row["position"], row["source"], row["event"], row["previous"], row["hash"], fields)
