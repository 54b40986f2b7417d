"""One run of a program: its process, the pipe of its output, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra.local.deathsig import die_with_parent
from infra.local.identity import Identity
from infra.local.output import LinePump
from infra.local.pids import ProcessId, identify

LAST_WORDS = 0.5  # seconds we listen after a process has ended, should another one hold its output open


class Child:
    """A process that was started; `ended` must be awaited."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        pipe: asyncio.BaseTransport,
        pump: LinePump,
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._pumping = asyncio.create_task(pump.run(reader))
        self._ending = asyncio.create_task(self._watch())
        self.id = identify(process.pid) or ProcessId(process.pid, "")
        self.since = time.time()

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        pump: LinePump,
        *,
        folder: Path,
        environment: Mapping[str, str],
        identity: Identity,
        stop_signal: int,
        descriptors: Sequence[int] = (),
    ) -> Child:
        """Start it, with `descriptors` open for it under their numbers. Raises OSError."""
        # A pipe of our own: asyncio's lets nobody see that a child has ended while a grandchild holds the other end.
        read_end, write_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                cwd=folder,
                env=dict(environment),
                user=identity.user,
                group=identity.group,
                extra_groups=identity.extra_groups,
                start_new_session=True,  # Ctrl-C is for the supervisor, which then stops everything in order
                preexec_fn=die_with_parent(stop_signal),
                pass_fds=tuple(descriptors),
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        reader = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", 0)
        )
        return cls(process, reader, pipe, pump)

    @property
    def has_ended(self) -> bool:
        """Whether it, and all that it left behind, is gone."""
        return self._ending.done()

    async def ended(self) -> int:
        """Its exit code, once it, its own children and its output are at their end."""
        return await asyncio.shield(self._ending)

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """End it and its own children at once."""
        # It leads a group of its own (start_new_session), whose number stays its own while a member lives.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _watch(self) -> int:
        code = await self._process.wait()
        self.kill()  # its own children, if it had any, must not outlive it
        await asyncio.wait({self._pumping}, timeout=LAST_WORDS)
        self._pipe.close()
        await self._pumping
        return code
