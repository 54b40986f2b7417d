"""The `openpolicy` command.

Each command imports what it needs when it runs: together that takes a second, which `--help` must not.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from infra.local.settings import BadSettings, LocalSettings

_PARAGRAPHS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_PARAGRAPHS)
@click.version_option(package_name="openpolicy")
def main() -> None:
    """Open Policy Platform on one machine: PostgreSQL, Valkey and the four services under one supervisor.

    Data lives in ./var (OPENPOLICY_VAR). Everything is set through the environment; `openpolicy up --help` lists it.
    """


@main.command()
def up() -> None:
    """Start everything and keep it running until Ctrl-C.

    The first start prepares the database, imports a few sample policies and prints a one-time link that makes the
    first admin. Later starts take seconds. What crashes is started again; Ctrl-C stops all in order, a second one at
    once.

    \b
    Settings (environment):
      OPENPOLICY_VAR     folder of all data                      ./var
      GATEWAY_HOST       where the gateway listens               127.0.0.1
      GATEWAY_PORT       the port people use                     8080
      AUTH_PORT  POLICY_PORT  WEB_PORT                           8081 8082 8083
      POSTGRES_PORT  VALKEY_PORT                                 54320 63790
      DATABASE_URL       an existing PostgreSQL database, as its owner
      REDIS_URL          an existing Redis or Valkey
      PUBLIC_URL         the address people type                 http://localhost:GATEWAY_PORT
      OPENPOLICY_SAMPLE  0: no sample policies                   1

    \b
    Examples:
      openpolicy up
      GATEWAY_PORT=9000 openpolicy up
      DATABASE_URL=postgresql://owner:secret@db.example/openpolicy openpolicy up
    """
    from infra.local.output import Output  # noqa: PLC0415 - see above
    from infra.local.up import CannotStart, run_stack  # noqa: PLC0415 - see above

    try:
        run_stack(_settings(), Output())
    except CannotStart as error:
        _fail(str(error))


@main.command("import", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("importer")
@click.argument("source", type=click.Path(exists=True, path_type=Path, resolve_path=True))
@click.option("--release", type=click.DateTime(["%Y-%m-%d"]), help="The day the publisher released this text.")
@click.pass_context
def import_(context: click.Context, importer: str, source: Path, release: datetime | None) -> None:
    """Import policies from SOURCE, a folder or file, with the importer named IMPORTER.

    Imports into the stack that runs on OPENPOLICY_VAR; where none runs, into the database that DATABASE_URL names.
    Stopping it and running it again goes on where it stopped; a second run over the same text writes nothing. Further
    options go to the importer.

    \b
    Examples:
      openpolicy import akoma-ntoso ./policies
      openpolicy import canada-laws ./laws.zip --release 2026-06-15
    """
    from infra.local.importing import StackNotRunning, run_import  # noqa: PLC0415 - see above

    arguments = (*(() if release is None else ("--release", release.date().isoformat())), *context.args)
    try:
        code = run_import(_settings(), importer, source, arguments)
    except StackNotRunning as error:
        _fail(str(error))
    sys.exit(code)


@main.command()
def status() -> None:
    """Show every process: pid, uptime, restarts, health and latency.

    The exit code is 0 when everything is well, 1 when something is not, 3 when nothing runs.

    \b
    Example:
      openpolicy status || echo "something is wrong"
    """
    from infra.local.status import show_status  # noqa: PLC0415 - see above

    sys.exit(show_status(_settings()))


@main.command()
@click.argument("names", nargs=-1, type=click.Choice(["gateway", "auth", "policy", "web", "worker"]))
def restart(names: tuple[str, ...]) -> None:
    """Restart NAMES, or all services, one after the other, without a failed request.

    A new process is started beside the old one and takes over its listening socket. The old one then finishes what it
    has under way. Should the new one not come up, the old one goes on, and the exit code is 1. PostgreSQL and Valkey
    are not restarted.

    \b
    Examples:
      openpolicy restart
      openpolicy restart gateway policy
    """
    from infra.local.replacing import RESTARTABLE, CannotRestart, Requests  # noqa: PLC0415 - see above
    from infra.local.state import StackFolder  # noqa: PLC0415 - see above

    folder = StackFolder(_settings().folder)
    if not folder.is_held():
        _fail(f"openpolicy is not running on {folder.folder}")
    try:
        for name in Requests(folder.folder).ask(folder, names or RESTARTABLE):
            click.echo(f"{name} was restarted")
    except CannotRestart as error:
        _fail(str(error))


@main.group()
def audit() -> None:
    """Verify, anchor and export the audit trails of accounts (auth) and of texts (policy)."""


@audit.command("verify")
@click.option("--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path, resolve_path=True),
              help="What `audit anchor` printed, or a log that holds it: shows what was cut off the end.")  # fmt: skip
@click.option("--export", "exported", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Verify this exported file, without a database.")  # fmt: skip
def audit_verify(anchor: Path | None, exported: Path | None) -> None:
    """Walk through the hash chains and name the first row that is not as it was recorded.

    The exit code is 0 when both are whole, and 1 when one is not.

    \b
    Examples:
      openpolicy audit verify
      openpolicy audit verify --anchor anchors.txt
      openpolicy audit verify --export audit-auth.ndjson
    """
    if exported is not None:
        from infra.local.auditing import check_export  # noqa: PLC0415 - see above

        code, lines = check_export(exported)
        click.echo("\n".join(lines))
        sys.exit(code)
    _audit(None, "verify", *(() if anchor is None else ("--anchor", str(anchor))))


@audit.command("anchor")
def audit_anchor() -> None:
    """Print how far each trail has reached, to be kept where nobody who can write the database can write.

    \b
    Example:
      openpolicy audit anchor >> /media/worm/anchors.txt
    """
    _audit(None, "anchor")


@audit.command("export")
@click.argument("trail", type=click.Choice(["auth", "policy"]))
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path, resolve_path=True),
              help="Append to FILE, going on where it ends.")  # fmt: skip
@click.option("--after", type=click.IntRange(min=0), default=0, help="Begin after this position.")
def audit_export(trail: str, file: Path | None, after: int) -> None:
    """Print a trail as NDJSON, oldest first.

    \b
    Example:
      openpolicy audit export auth --file audit-auth.ndjson
    """
    where = () if file is None else ("--file", str(file))
    _audit(trail, "export", *where, "--after", str(after))


def _audit(trail: str | None, *arguments: str) -> NoReturn:
    from infra.local.auditing import TRAILS, run_audit  # noqa: PLC0415 - see above
    from infra.local.importing import StackNotRunning  # noqa: PLC0415 - see above

    try:
        code = run_audit(_settings(), TRAILS if trail is None else (trail,), arguments)
    except StackNotRunning as error:
        _fail(str(error))
    sys.exit(code)


@main.group()
def keys() -> None:
    """List, rotate and drop the keys that sign access tokens."""


@keys.command("list")
def keys_list() -> None:
    """Show each key: its id, its state, and since when.

    `next` is published and will sign, `active` signs, `retiring` signs no more, what a `dropped` one signed is refused.
    """
    _keys("list")


@keys.command("rotate")
def keys_rotate() -> None:
    """Sign with the next key from now on.

    No valid token is refused: the next key is known everywhere before it signs, and the one before stays good for
    checking. The service does this by itself every SIGNING_KEY_DAYS. The exit code is 4 when the next key was made less
    than five minutes ago.

    \b
    Example:
      openpolicy keys rotate
    """
    _keys("rotate")


@keys.command("drop", context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
@click.argument("kid")
def keys_drop(kid: str) -> None:
    """Refuse at once whatever the compromised key KID signed. Its holders get new tokens by refreshing theirs.

    \b
    Example:
      openpolicy keys drop p4RjbXc0
    """
    _keys("drop", "--", kid)


def _keys(*arguments: str) -> NoReturn:
    from infra.local.importing import StackNotRunning  # noqa: PLC0415 - see above
    from infra.local.keys import run_keys  # noqa: PLC0415 - see above

    try:
        code = run_keys(_settings(), arguments)
    except StackNotRunning as error:
        _fail(str(error))
    sys.exit(code)


@main.command()
def outbox() -> None:
    """Print the letters that are shown instead of sent: without SMTP_HOST, and where only this machine can look.

    The same letters are at /outbox. The exit code is 3 where mail is sent.

    \b
    Example:
      openpolicy outbox
    """
    from infra.local.importing import StackNotRunning  # noqa: PLC0415 - see above
    from infra.local.outbox import run_outbox  # noqa: PLC0415 - see above

    try:
        code = run_outbox(_settings())
    except StackNotRunning as error:
        _fail(str(error))
    sys.exit(code)


@main.command()
def doctor() -> None:
    """Check this machine and the data folder, and say what to mend.

    Works whether or not the stack runs. The exit code is 1 when a check fails; warnings do not count.

    \b
    Example:
      GATEWAY_PORT=9000 openpolicy doctor
    """
    from infra.local.doctor import examine  # noqa: PLC0415 - see above

    sys.exit(examine())


def _settings() -> LocalSettings:
    try:
        return LocalSettings.load()
    except BadSettings as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    click.echo(click.style("openpolicy: ", fg="red", bold=True) + message, err=True)
    sys.exit(1)
