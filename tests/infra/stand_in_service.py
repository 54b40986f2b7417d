"""A stand-in for any service, for testing the supervisor alone. Copied as `services/NAME/__main__.py`.

It answers the health pages and runs the programs that the supervisor calls. STAND_IN_BROKEN names one that ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = Path(sys.argv[0]).parent.name


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path in {"/livez", "/readyz", "/health"}
        body = json.dumps({"status": "pass", "checks": {}}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/health+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Twenty probes a second are not worth a line each."""


def _program(arguments: list[str]) -> int:
    if (NAME, arguments) == ("auth", ["first-admin"]):
        sys.stdout.write("http://localhost/first-admin/stand-in\n")
        return 0
    if NAME == "policy" and arguments[0] == "import":
        import psycopg  # noqa: PLC0415 - only this program needs it, and the services start faster without

        # Noted in the database, so that a test sees the import reached the right one, in the right role.
        options = "-c openpolicy.permissions=system"
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=options) as connection:
            connection.execute(
                "INSERT INTO import_run (importer, source, release, state) VALUES (%s, %s, '2026-01-01', 'done')",
                [arguments[1], " ".join(arguments[2:])],
            )
        sys.stdout.write(f"imported {arguments[2]}\n")
        return 0
    if (NAME, arguments) == ("policy", ["work"]):
        import psycopg  # noqa: PLC0415 - as above

        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        query = "INSERT INTO import_worker (name) VALUES (%s) ON CONFLICT (name) DO UPDATE SET seen_at = now()"
        while True:  # the real one also waits for a database that is away
            try:
                with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
                    connection.execute(query, [os.environ["WORKER_NAME"]])
                time.sleep(5)
            except psycopg.OperationalError:
                time.sleep(0.2)
    sys.stderr.write(f"{NAME} has no program {arguments[0]}\n")
    return 2


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(_program(sys.argv[1:]))
    if os.environ.get("STAND_IN_BROKEN") == NAME:
        sys.exit("this stand-in is broken on purpose")
    server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(os.environ["LISTEN_DESCRIPTORS"].split(",")[0]))
    server.socket.setblocking(True)
    if "READY_DESCRIPTOR" in os.environ:
        os.write(int(os.environ["READY_DESCRIPTOR"]), b"ready\n")
    server.daemon_threads = False  # whoever is being answered is answered
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=server.shutdown).start())
    server.serve_forever(0.02)
    server.server_close()
