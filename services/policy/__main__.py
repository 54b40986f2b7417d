"""`python -m services.policy` serves; `… import …` loads law into the database; `… work` imports what was uploaded;
`… audit …` verifies and exports the record of what was done."""

import sys

from shared.settings import BadSettings


def main(arguments: list[str]) -> int:
    """Run the program that `arguments` name; returns the exit code (2: it was called or set up wrongly)."""
    try:
        if arguments[:1] == ["import"]:
            from services.policy.imports.command import run_command  # noqa: PLC0415 - serving needs no importer

            return run_command(arguments[1:])
        if arguments[:1] == ["work"]:
            from services.policy.jobs.work import run_worker  # noqa: PLC0415 - it shall stay small while it waits

            return run_worker(arguments[1:])
        if arguments[:1] == ["audit"]:
            from services.policy.trail.repo import TRAIL  # noqa: PLC0415 - serving does not verify
            from shared.trail.program import run_trail  # noqa: PLC0415 - as said above

            return run_trail(arguments[1:], TRAIL)
        if arguments:
            sys.stderr.write(f"unknown command {arguments[0]!r}; there are: import, work, audit\n")
            return 2
        _serve()
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _serve() -> None:
    # An import's worker processes load this module anew, and need none of these.
    from services.policy.app import create_app  # noqa: PLC0415 - as said above
    from services.policy.settings import PolicySettings  # noqa: PLC0415 - as said above
    from shared.web import serve  # noqa: PLC0415 - as said above

    settings = PolicySettings.load()
    serve(lambda: create_app(settings), settings, service="policy")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
