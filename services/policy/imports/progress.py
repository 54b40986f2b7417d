"""Telling how far an import is: a bar on a terminal, a line every few seconds elsewhere."""

import time
from contextlib import AbstractContextManager
from typing import Any, Protocol, TextIO

LINE_SECONDS = 5.0


class Progress(Protocol):
    """What an import tells while it runs."""

    def phase(self, name: str, total: int) -> None:
        """A phase begins: reading, importing, indexing. `total` is in its own unit, 0 when unknown."""
        ...

    def advance(self, done: int, note: str) -> None:
        """`done` of the phase's total is done; `note` says it in words."""
        ...


class Quiet:
    """Tells nobody."""

    def phase(self, name: str, total: int) -> None:
        """Pass over it."""

    def advance(self, done: int, note: str) -> None:
        """Pass over it."""


class Lines:
    """Plain lines, for logs and pipes."""

    def __init__(self, out: TextIO, *, every: float = LINE_SECONDS) -> None:
        self._out = out
        self._every = every
        self._name, self._total, self._due = "", 0, 0.0

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def phase(self, name: str, total: int) -> None:
        """Print that the phase begins."""
        self._name, self._total = name, total
        self._due = time.monotonic() + self._every
        print(f"{name} …", file=self._out, flush=True)

    def advance(self, done: int, note: str) -> None:
        """Print the state, when some seconds went by."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        share = f"{100 * done // self._total} % " if self._total else ""
        print(f"{self._name}: {share}({note})", file=self._out, flush=True)


class _Bar:
    """A bar drawn by rich."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task: Any = None

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def phase(self, name: str, total: int) -> None:
        if self._task is not None:
            total = self._bar.tasks[-1].total or 1  # a phase of unknown length is complete as a whole
            self._bar.update(self._task, total=total, completed=total)
        self._task = self._bar.add_task(name, total=total or None, note="")

    def advance(self, done: int, note: str) -> None:
        self._bar.update(self._task, completed=done, note=note)


def progress_on(out: TextIO) -> AbstractContextManager[Progress]:
    """A bar when `out` is a terminal and rich is installed (the service alone does not need it), else lines."""
    if not out.isatty():
        return Lines(out)
    try:
        from rich.console import Console  # noqa: PLC0415 - optional
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415 - optional
    except ImportError:
        return Lines(out)
    columns = TextColumn("{task.description:<10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    return _Bar(RichProgress(*columns, TextColumn("{task.fields[note]}"), console=Console(file=out)))
