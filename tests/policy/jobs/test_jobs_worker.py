"""The worker as a process: it waits, imports, is asked to end, is killed; and what was begun is gone on with."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.formats import FORMATS
from tests.policy.imported import rows
from tests.policy.jobs.uploads import BY_LAW, api, zipped
from tests.policy.notes import note, write_notes

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, str(ROOT / "tests/policy/import_program.py")]
FILES = 300


class Program:
    """The worker, or an import, as a process of its own, with the notes importer."""

    def __init__(self, database: DatabaseUrls) -> None:
        self.database = database
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, seconds: str = "0", **settings: str) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
        more = {
            "PYTHONPATH": str(ROOT), "DATABASE_URL": self.database.policy_url, "NOTES_SECONDS": seconds,
            "WORKER_SECONDS": "0.3", "IMPORT_PROCESSES": "1",
        }  # fmt: skip
        process = subprocess.Popen([*PROGRAM, *arguments], env=kept | more | settings, stdin=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def imported(self) -> int:
        return int(rows(self.database.policy_url, "SELECT count(*) FROM import_file")[0][0])

    def run(self) -> tuple[Any, ...]:
        return rows(self.database.policy_url, "SELECT state, lost, trouble FROM import_run ORDER BY id DESC LIMIT 1")[0]


@pytest.fixture
def program(clean_database: DatabaseUrls) -> Iterator[Program]:
    """Starts programs; what a failed test left is ended."""
    made = Program(clean_database)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.wait(30)


@pytest.fixture(autouse=True)
def notes_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "notes", (".zip",))


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Some batches of notes."""
    folder = write_notes(tmp_path_factory.mktemp("law"), {f"en/{n}": note(str(n)) for n in range(FILES)})
    return zipped({path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.note")})


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this"
        await asyncio.sleep(0.05)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_it_waits_imports_and_leaves(program: Program) -> None:
    worker = program.start("work")
    async with api(program.database.policy_url) as policy:
        await until(lambda: rows(program.database.policy_url, "SELECT count(*) FROM import_worker") == [(1,)])
        for number in ("1", "2"):
            await policy.upload(BY_LAW.format(number=number).encode(), f"{number}.md", importer="markdown")
        await until(lambda: program.imported() == 2)
        await until(lambda: program.run() == ("done", 0, ""))
    await until(lambda: not children(worker.pid))
    worker.terminate()
    assert worker.wait(30) == 0
    assert rows(program.database.policy_url, "SELECT count(*) FROM import_worker") == [(0,)]


async def test_whether_a_worker_is_there_can_be_checked(program: Program) -> None:
    def check(**more: str) -> int:
        return program.start("work", "--check", **more).wait(60)

    worker = program.start("work")
    await until(lambda: rows(program.database.policy_url, "SELECT count(*) FROM import_worker") == [(1,)])
    assert check() == 0
    assert check(WORKER_NAME="another") == 1
    worker.kill()
    assert worker.wait(30) == -signal.SIGKILL
    rows(program.database.policy_url, "UPDATE import_worker SET seen_at = now() - interval '46 seconds' RETURNING name")
    assert check() == 1, "it was there, and has fallen silent"
    assert check(DATABASE_URL="postgresql://127.0.0.1:1/none") == 1


async def test_asked_to_end_it_puts_the_import_back_and_another_goes_on(program: Program, law: bytes) -> None:
    worker = program.start("work", seconds="0.01")
    async with api(program.database.policy_url) as policy:
        await policy.upload(law, "law.zip", importer="notes")
    await until(lambda: program.imported() > 0)
    worker.terminate()
    assert worker.wait(30) == 0
    assert program.run() == ("queued", 0, "")
    held = program.imported()
    assert 0 < held < FILES
    program.start("work")
    await until(lambda: program.run() == ("done", 0, ""))
    [(counts,)] = rows(program.database.policy_url, "SELECT counts FROM import_run")
    assert (counts["unchanged"], counts["added"]) == (held, FILES - held)


async def test_killed_in_the_middle_its_import_is_taken_up_by_another(program: Program, law: bytes) -> None:
    other = program.start("work", seconds="0.01")
    worker = program.start("work", seconds="0.01")
    async with api(program.database.policy_url) as policy:
        await policy.upload(law, "law.zip", importer="notes")
    await until(lambda: program.imported() > 0)
    at_work, waiting = (worker, other) if children(worker.pid) else (other, worker)
    jobs = children(at_work.pid)
    at_work.kill()
    for pid in jobs:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: program.run()[:2] == ("done", 1))
    assert program.imported() == FILES
    assert waiting.poll() is None


async def test_what_kills_its_process_three_times_is_given_up(program: Program, law: bytes) -> None:
    worker = program.start("work", seconds="0.2")
    async with api(program.database.policy_url) as policy:
        made = await policy.upload(law, "law.zip", importer="notes")
        for lost in range(3):
            await until(lambda: program.run()[:2] == ("running", lost))  # noqa: B023 - called before it changes
            for pid in children(worker.pid):
                os.kill(pid, signal.SIGKILL)
        await until(lambda: program.run()[0] == "failed")
        _, told, _ = await policy.call("editor:ed", "GET", made["href"])
        assert "three times" in told["trouble"]
        assert told["resume"], "its file is kept"


async def test_cancelled_while_it_runs_and_resumed(program: Program, law: bytes) -> None:
    program.start("work", seconds="0.01")
    async with api(program.database.policy_url) as policy:
        made = await policy.upload(law, "law.zip", importer="notes")
        await until(lambda: program.imported() > 0)
        status, told, _ = await policy.call("editor:ed", "POST", made["href"] + "/cancel")
        assert (status, told["state"], told["cancel_requested"]) == (202, "running", True)
        await until(lambda: program.run()[0] == "cancelled")
        assert program.imported() < FILES
        await policy.call("editor:ed", "POST", made["href"] + "/resume")
        await until(lambda: program.run() == ("done", 0, ""))
        assert program.imported() == FILES


async def test_an_import_by_command_is_seen_and_cancelled_too(program: Program, tmp_path: Path) -> None:
    source = write_notes(tmp_path / "law", {f"en/{n}": note(str(n)) for n in range(FILES)})
    command = program.start("import", "notes", str(source), seconds="0.02")
    async with api(program.database.policy_url) as policy:
        await until(lambda: program.imported() > 0)
        _, found, _ = await policy.call("reviewer", "GET", "/api/v1/imports?state=running")
        [told] = found["items"]
        assert (told["origin"], told["account"], told["source"]) == ("command", None, str(source))
        assert told["cancel"] is None, "a reviewer only looks"
        await until(lambda: rows(program.database.policy_url, "SELECT files_done > 0 FROM import_run") == [(True,)])
        status, _, _ = await policy.call("admin", "POST", told["href"] + "/cancel")
        assert status == 202
        assert await asyncio.to_thread(command.wait, 30) == 130
        assert program.run()[0] == "cancelled"
        status, said, _ = await policy.call("admin", "POST", told["href"] + "/resume")
        assert (status, "run the command again" in said["detail"]) == (409, True)


async def test_a_database_that_goes_away_is_waited_for(program: Program) -> None:
    worker = program.start("work")
    await until(lambda: rows(program.database.policy_url, "SELECT count(*) FROM import_worker") == [(1,)])
    await asyncio.to_thread(
        rows, program.database.owner_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'openpolicy-worker' AND datname = current_database()",
    )  # fmt: skip
    async with api(program.database.policy_url) as policy:
        await policy.upload(BY_LAW.format(number="1").encode(), "1.md", importer="markdown")
    await until(lambda: program.imported() == 1)
    assert worker.poll() is None
