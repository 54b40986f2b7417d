"""`python -m services.policy import IMPORTER SOURCE`: the command line, and where imports meet the search index."""

import argparse
import asyncio
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from services.policy.imports.outcome import ImportReport, write_report
from services.policy.imports.progress import progress_on
from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import ImportRunning, Order, SourceProblem, run_import
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from services.policy.settings import ImportSettings
from shared.db import DATABASE_FAILED
from shared.log import configure

USAGE_ERROR = 2


def run_command(arguments: list[str]) -> int:
    """Import as `arguments` say; returns the exit code (0 done, 1 some files failed, 2 wrongly called, 130 stopped).

    Raises BadSettings when the environment lacks the database's address.
    """
    options = _parser().parse_args(arguments)
    settings = ImportSettings.load()
    configure("policy-import", level="warning", style="console")
    order = Order(IMPORTERS[options.importer](), options.source, options.release, datetime.now(UTC).date())
    try:
        report = asyncio.run(_run(order, settings.database_url.get_secret_value()))
    except (SourceProblem, ImportRunning) as problem:
        return _refuse(str(problem))
    except asyncpg.UndefinedTableError:
        return _refuse("the database has not been prepared: run `python -m infra.db` first")
    except DATABASE_FAILED as problem:
        return _refuse(f"the database cannot be used: {type(problem).__name__}: {problem}")
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return _written(options.report, report)


async def _run(order: Order, database_url: str) -> ImportReport:
    stop = Stop()

    def on_signal() -> None:
        if not stop:
            sys.stderr.write("\nStopping after the batches under way; once more to stop at once.\n")
        stop.ask()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    with progress_on(sys.stderr) as progress:
        return await run_import(order, database_url, progress=progress, stop=stop, index=index_pending)


def _written(path: Path | None, report: ImportReport) -> int:
    if path is not None:
        try:
            write_report(path, report)
        except OSError as problem:
            return _refuse(f"{path}: the report cannot be written: {problem.strerror}")
    return report.exit_code


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.policy import", description="Load law into the database. Running it again is safe."
    )
    parser.add_argument("importer", choices=sorted(IMPORTERS), help="the format of the source")
    parser.add_argument("source", type=Path, help="a .zip, a folder, a git checkout, or one .xml, .md or .csv file")
    parser.add_argument("--release", type=_date, metavar="YYYY-MM-DD", help="when the source was published")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what happened as JSON")
    return parser


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write YYYY-MM-DD") from None
