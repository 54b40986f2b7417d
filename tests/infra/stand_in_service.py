"""A stand-in for any service, for testing the supervisor alone. Copied as `services/NAME/__main__.py`.

It answers the health pages and runs the programs that the supervisor calls. STAND_IN_BROKEN names one that ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg
from aiohttp import web

NAME = Path(sys.argv[0]).parent.name


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "pass", "checks": {}})


async def _environment(_: web.Request) -> web.Response:
    return web.json_response(dict(os.environ))


def _program(arguments: list[str]) -> int:
    if (NAME, arguments) == ("auth", ["first-admin"]):
        sys.stdout.write("http://localhost/first-admin/stand-in\n")
        return 0
    if NAME == "policy" and arguments[0] == "import":
        # Noted in the database, so that a test sees the import reached the right one, in the right role.
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "INSERT INTO import_run (importer, source, release, state) VALUES (%s, %s, '2026-01-01', 'done')",
                [arguments[1], " ".join(arguments[2:])],
            )
        sys.stdout.write(f"imported {arguments[2]}\n")
        return 0
    sys.stderr.write(f"{NAME} has no program {arguments[0]}\n")
    return 2


def _serve() -> None:
    app = web.Application()
    for path in ("/livez", "/readyz", "/health"):
        app.router.add_get(path, _health)
    app.router.add_get("/environment", _environment)
    web.run_app(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), print=None)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(_program(sys.argv[1:]))
    if os.environ.get("STAND_IN_BROKEN") == NAME:
        sys.exit("this stand-in is broken on purpose")
    _serve()
