"""The import program with one more format, so that tests can run, stop and kill it as a process of its own."""

import sys

from services.policy.__main__ import main
from services.policy.imports.registry import IMPORTERS
from tests.policy.notes import Notes

if __name__ == "__main__":
    IMPORTERS["notes"] = Notes
    sys.exit(main(sys.argv[1:]))
