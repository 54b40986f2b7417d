"""Runs the services' own command-line programs beside the stack: imports, and the link for the first admin."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.local.deathsig import die_with_parent
from infra.local.output import LinePump, Output


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended: its exit code and the last lines of each stream."""

    code: int
    out: list[str]
    errors: list[str]


class _Silent(Output):
    """Remembers through its pump, and shows nothing."""

    def raw(self, text: str) -> None:
        pass


async def run_service_program(
    service: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: Path,
    output: Output | None = None,
) -> Result:
    """Runs `python -m services.SERVICE ARGUMENTS` in `folder` to its end. Cancelling it kills the program.

    Its output is shown on `output` as lines of the service, or on nothing; either way the last lines are returned.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service}",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    shown = output or _Silent()
    out, errors = LinePump(service, shown), LinePump(service, shown)
    readers = [pump.run(stream) for pump, stream in ((out, child.stdout), (errors, child.stderr)) if stream is not None]
    try:
        await asyncio.gather(*readers)
        return Result(await child.wait(), list(out.tail), list(errors.tail))
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
