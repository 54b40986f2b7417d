"""`openpolicy up` with stand-in services below the folder given: everything but them is real."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.local.output import Output
from infra.local.settings import LocalSettings
from infra.local.up import CannotStart, run_stack

if __name__ == "__main__":
    try:
        run_stack(LocalSettings.load(), Output(), Path(sys.argv[1]))
    except CannotStart as error:
        sys.exit(f"openpolicy: {error}")
