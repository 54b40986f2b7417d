"""What people see while the stack runs: each line with the name of the process it came from, coloured on a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from contextlib import suppress
from typing import TextIO

_COLOURS = {"openpolicy": 97, "postgres": 34, "valkey": 31, "auth": 35, "policy": 32, "web": 33, "gateway": 36}
_WIDTH = max(map(len, _COLOURS))
_LONGEST_LINE = 64 * 1024  # bytes; a longer one is cut into several
_REMEMBERED = 30  # lines per process, shown when it does not come up


class Output:
    """Writes prefixed lines; a reader that went away (a closed pipe) stops the writing, never the stack."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        wanted = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._colour = wanted if colour is None else colour

    def line(self, name: str, text: str) -> None:
        prefix = f"{name:<{_WIDTH}} │ "
        if self._colour:
            prefix = f"\x1b[{_COLOURS.get(name, 90)}m{prefix}\x1b[0m"
        self.raw(f"{prefix}{text}\n")

    def say(self, text: str) -> None:
        """A message of the supervisor itself."""
        for line in text.splitlines():
            self.line("openpolicy", line)

    def raw(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


class LinePump:
    """Copies a child's output to an Output line by line, and remembers the last lines."""

    def __init__(self, name: str, output: Output) -> None:
        self._name = name
        self._output = output
        self.tail: deque[str] = deque(maxlen=_REMEMBERED)

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Returns when the child has closed its output."""
        pending = b""
        while chunk := await reader.read(_LONGEST_LINE):
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > _LONGEST_LINE:
                lines, pending = [*lines, pending], b""
            for line in lines:
                self._emit(line)
        if pending:
            self._emit(pending)

    def _emit(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self.tail.append(text)
            self._output.line(self._name, text)
