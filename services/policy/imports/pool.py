"""The worker processes of an import, as seen from the program that started them."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import cast

from services.policy.imports.batches import Batch
from services.policy.imports.stop import Stop
from services.policy.imports.worker import Assignment, BatchResult, run_worker

_POLL_SECONDS = 0.2
_FAREWELL_SECONDS = 15


class WorkerLost(Exception):
    """A worker process ended without an answer; the message says how and over which files."""


class Workers:
    """`count` processes that import batches side by side. Spawned, since a fork would share our connections."""

    def __init__(self, assignment: Assignment, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._at_work: dict[Pipe, Batch] = {}
        self._processes: dict[Pipe, SpawnProcess] = {}
        with _InterruptsIgnored():
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=run_worker, args=(assignment, theirs), daemon=True)
                process.start()
                theirs.close()
                self._processes[ours] = process

    async def results(self, batches: Iterable[Batch], stop: Stop) -> AsyncIterator[BatchResult]:
        """Results as they come; no further batch is given out once it shall stop. Raises WorkerLost."""
        waiting = iter(batches)
        for pipe in self._processes:
            self._assign(pipe, waiting, stop)
        while self._at_work and not stop.urgent:
            for ready in await asyncio.to_thread(wait, list(self._at_work), _POLL_SECONDS):
                pipe = cast("Pipe", ready)
                result = self._receive(pipe)
                self._assign(pipe, waiting, stop)
                yield result

    def close(self) -> None:
        """Let the workers end, or end them."""
        for pipe in self._processes:
            try:
                pipe.send(None)
            except OSError:
                continue
        for pipe, process in self._processes.items():
            process.join(_FAREWELL_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            pipe.close()

    def kill(self) -> None:
        """End the workers now; what they had not committed is not written."""
        for process in self._processes.values():
            process.kill()

    def _assign(self, pipe: Pipe, waiting: Iterator[Batch], stop: Stop) -> None:
        batch = None if stop else next(waiting, None)
        if batch is not None:
            self._at_work[pipe] = batch
            try:
                pipe.send(batch)
            except OSError:
                raise self._lost(pipe) from None

    def _receive(self, pipe: Pipe) -> BatchResult:
        try:
            result: BatchResult = pipe.recv()
        except (EOFError, OSError):
            raise self._lost(pipe) from None
        del self._at_work[pipe]
        return result

    def _lost(self, pipe: Pipe) -> WorkerLost:
        process, batch = self._processes[pipe], self._at_work.pop(pipe)
        process.join(5)
        files = f"{batch.files[0].path} to {batch.files[-1].path}"
        code = process.exitcode
        how = f"by signal {signal.Signals(-code).name}" if code and code < 0 else f"with exit code {code}"
        return WorkerLost(f"a worker process ended {how} while it imported {files}")


class _InterruptsIgnored:
    """Children inherit that Ctrl-C is ignored, from their first instruction on."""

    def __enter__(self) -> None:
        self._before = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
