"""The release date of a source: when its owner published it."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.policy.imports.sources import Source, SourceKind

_IN_NAME = re.compile(r"(?:\A|[_-])(\d{4}-\d{2}-\d{2})\Z")


@dataclass(frozen=True, slots=True)
class Release:
    """A release date; `known` is False when it is only the day of the import."""

    date: date
    known: bool


def release_of_source(source: Source, given: date | None, today: date) -> Release:
    """`given`, else the date at the end of the source's name, else of a checkout's commit, else `today`."""
    if given is not None:
        return Release(given, known=True)
    found = _in_name(source.path) or (_of_commit(source.path) if source.kind is SourceKind.FOLDER else None)
    return Release(found or today, known=found is not None)


def _in_name(path: Path) -> date | None:
    match = _IN_NAME.search(path.name if path.is_dir() else path.stem)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _of_commit(folder: Path) -> date | None:
    git = shutil.which("git")
    if git is None or not (folder / ".git").exists():
        return None
    command = [git, "-C", str(folder), "log", "-1", "--format=%cs"]
    try:
        # The program is git itself and its options are fixed; the folder is what the caller named.
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
        return date.fromisoformat(done.stdout.strip())
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
