"""SQLite FTS5 as a reference for search: bm25, ten results with snippets, a process for each core, no HTTP at all."""

from __future__ import annotations

import multiprocessing
import os
import re
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path

from tests.bench.load import Load
from tests.bench.reference import LANGUAGES

_WORD = re.compile(r"\w+")
_SELECT = {
    lang: "SELECT p.jurisdiction, p.work_kind, p.number, p.title, p.date, p.eid, p.num, p.heading, p.status,"
    f" snippet(fts_{lang}, 4, '<b>', '</b>', '…', 32) FROM fts_{lang} JOIN provision p ON p.id = fts_{lang}.rowid"
    f" WHERE fts_{lang} MATCH ? ORDER BY rank LIMIT 10"
    for lang in LANGUAGES
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Words in a language."""

    text: str
    lang: str


class Fts:
    """FTS5 with as many connections as asked, spread over one process for each core."""

    def __init__(self, file: Path, connections: int) -> None:
        self._processes = min(connections, os.cpu_count() or 1)
        self._threads = connections // self._processes
        context = multiprocessing.get_context("spawn")
        self._pool: Pool = context.Pool(self._processes, _open, (str(file), self._threads))

    def ask(self, questions: Sequence[Question]) -> Load:
        """Every question once."""
        started = time.perf_counter()
        shares = [list(questions[at :: self._processes]) for at in range(self._processes)]
        times = [one for found in self._pool.map(_ask, shares, chunksize=1) for one in found]
        return Load(time.perf_counter() - started, tuple(times), 0)

    def close(self) -> None:
        """End the processes."""
        self._pool.close()
        self._pool.join()


_connections: list[sqlite3.Connection] = []


def _open(file: str, threads: int) -> None:
    for _ in range(threads):
        connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        connection.execute("PRAGMA mmap_size = 1073741824")
        connection.execute("PRAGMA cache_size = -65536")
        _connections.append(connection)


def _ask(questions: list[Question]) -> list[float]:
    """Times in milliseconds; each connection has a thread that takes the next question."""
    waiting = iter(questions)
    lock = threading.Lock()
    times: list[float] = []

    def work(connection: sqlite3.Connection) -> None:
        while True:
            with lock:
                question = next(waiting, None)
            if question is None:
                return
            words = " ".join(f'"{word}"' for word in _WORD.findall(question.text))
            started = time.perf_counter()
            connection.execute(_SELECT[question.lang], (words,)).fetchall()
            times.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=work, args=(connection,)) for connection in _connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times
