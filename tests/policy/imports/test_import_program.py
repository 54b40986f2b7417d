"""The import program as a process: exit codes, messages, stopping, being killed, and running twice at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from tests.policy.imported import by_meaning, rows
from tests.policy.notes import note, write_notes

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, str(ROOT / "tests/policy/import_program.py"), "import"]
FILES = 600


def environment(database: DatabaseUrls | None, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATABASE_URL_FILE")}
    url = {"DATABASE_URL": database.policy_url} if database else {}
    return {**kept, "PYTHONPATH": str(ROOT), **url, **more}


def run(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=90, check=False)


def start(arguments: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.02)


def imported(database: DatabaseUrls) -> int:
    return int(rows(database.policy_url, "SELECT count(*) FROM import_file")[0][0])


def noted(database: DatabaseUrls) -> int:
    return int(rows(database.policy_url, "SELECT count(*) FROM import_run")[0][0])


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes in two languages, with texts in common, three releases, and one file that is none."""
    notes = {}
    for number in range(FILES // 3):
        for release, day in (("2020-02-01", "2020-01-01"), ("2021-02-01", "2021-01-01"), ("2022-02-01", "2021-01-01")):
            texts = ["In common.", f"Of {number}.", f"Text of {release}."]
            path = f"{release}/{'en' if number % 2 else 'fr'}/{number}"
            notes[path] = note(str(number), lang="en" if number % 2 else "fr", day=day, texts=texts)
    folder = write_notes(tmp_path_factory.mktemp("law"), notes)
    (folder / "2020-02-01/en/bad.note").write_text("{")
    return folder


@pytest.fixture(scope="module")
def undisturbed(databases: Any, law: Path) -> list[list[tuple[Any, ...]]]:
    """What an import that nobody disturbs comes to."""
    database = databases.create()
    done = run(["notes", str(law)], environment(database))
    assert done.returncode == 1, done.stderr
    assert f"{FILES // 3} added, {FILES * 2 // 3} changed, 0 unchanged, 1 failed" in done.stdout
    assert "2020-02-01/en/bad.note:1: not a note" in done.stdout
    state = by_meaning(database.policy_url)
    databases.drop(database)
    return state


def test_killed_half_way_and_run_again_it_comes_to_the_same(
    clean_database: DatabaseUrls, law: Path, undisturbed: list[list[tuple[Any, ...]]]
) -> None:
    for run_number in (1, 2):
        held = imported(clean_database)
        killed = start(["notes", str(law)], environment(clean_database, NOTES_SECONDS="0.01"))
        # A run is on record a moment after its first batch.
        until(lambda: imported(clean_database) > held and noted(clean_database) == run_number)  # noqa: B023 - called now
        workers = children(killed.pid)
        killed.kill()
        killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        assert workers
        until(lambda: not any(map(is_running, workers)))  # noqa: B023 - as above
        assert held < imported(clean_database) < FILES
    done = run(["notes", str(law)], environment(clean_database))
    assert done.returncode == 1, done.stderr
    assert by_meaning(clean_database.policy_url) == undisturbed
    states = rows(clean_database.policy_url, "SELECT state FROM import_run ORDER BY id")
    assert [state for (state,) in states] == ["stopped", "stopped", "done"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_ends_between_batches_and_goes_on_later(
    clean_database: DatabaseUrls, law: Path, undisturbed: list[list[tuple[Any, ...]]], number: int
) -> None:
    env = environment(clean_database, NOTES_SECONDS="0.01")
    stopped = start(["notes", str(law)], env)
    until(lambda: imported(clean_database) >= 1)
    for pid in (*children(stopped.pid), stopped.pid):  # as Ctrl-C in a terminal reaches the whole group
        os.kill(pid, number)
    out, err = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, err
    assert "Stopped after" in out
    assert "Run the same command again" in out
    assert "Traceback" not in err
    held = imported(clean_database)
    assert 0 < held < FILES
    done = run(["notes", str(law)], environment(clean_database))
    assert f"{held} unchanged" in done.stdout
    assert by_meaning(clean_database.policy_url) == undisturbed


def test_asked_twice_it_does_not_wait(clean_database: DatabaseUrls, law: Path) -> None:
    stopped = start(["notes", str(law)], environment(clean_database, NOTES_SECONDS="1"))
    until(lambda: len(children(stopped.pid)) >= 1)
    time.sleep(1.5)
    stopped.send_signal(signal.SIGINT)
    time.sleep(0.3)
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=10)
    assert stopped.returncode == 130, err
    assert "Traceback" not in err
    assert imported(clean_database) == 0


def test_two_at_once_are_kept_apart(clean_database: DatabaseUrls, law: Path) -> None:
    first = start(["notes", str(law)], environment(clean_database, NOTES_SECONDS="0.05"))
    until(lambda: imported(clean_database) >= 1)
    second = run(["notes", str(law)], environment(clean_database))
    assert second.returncode == 2
    assert second.stderr.startswith("another import is running")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)


def test_a_worker_that_dies_is_told_and_nothing_is_half_written(clean_database: DatabaseUrls, law: Path) -> None:
    process = start(["notes", str(law)], environment(clean_database, NOTES_SECONDS="0.02"))
    until(lambda: imported(clean_database) >= 1)
    os.kill(children(process.pid)[-1], signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "The import broke off: a worker process ended by signal SIGKILL" in out
    assert "Traceback" not in err


def test_a_database_that_goes_away_is_told(clean_database: DatabaseUrls, law: Path) -> None:
    process = start(["notes", str(law)], environment(clean_database, NOTES_SECONDS="0.02"))
    until(lambda: imported(clean_database) >= 1)
    rows(
        clean_database.owner_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'openpolicy-import' AND datname = current_database()",
    )
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "The import broke off: the database failed" in out
    assert "Traceback" not in err


def test_the_report_says_all(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    source = write_notes(tmp_path / "law_2024-05-06", {"en/1": note("1")})
    (source / "en/2.note").write_text("?")
    report = tmp_path / "report.json"
    done = run(["notes", str(source), "--report", str(report)], environment(clean_database))
    assert done.returncode == 1
    body = json.loads(report.read_text())
    assert body.pop("seconds") > 0
    assert body == {
        "importer": "notes", "source": str(source), "release": "2024-05-06", "state": "done", "trouble": "",
        "files": 2, "done": 2, "counts": {"added": 1, "changed": 0, "unchanged": 0, "failed": 1},
        "failures": [{"path": "en/2.note", "line": 1, "message": "not a note"}],
    }  # fmt: skip
    assert "Importing …" in done.stderr, "without a terminal, progress is plain lines"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["notes", "/nowhere"], "/nowhere: there is no such file or folder"),
        (["notes", "{folder}/a.txt"], "not a kind of source"),
        (["notes", "{folder}/a.zip"], "not a zip archive"),
        (["notes", "{folder}/empty"], "empty"),
        (["canada-laws", "{folder}"], "none of the 2 files is Justice Laws XML"),
        (["morse", "{folder}"], "invalid choice"),
        (["notes", "{folder}", "--release", "yesterday"], "is not a date"),
        (["notes"], "the following arguments are required"),
    ],
)
def test_wrong_calls_are_explained(database: DatabaseUrls, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.zip").write_text("x")
    (tmp_path / "empty").mkdir()
    done = run([argument.format(folder=tmp_path) for argument in arguments], environment(database))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_or_not_prepared(postgres_server: Any, tmp_path: Path) -> None:
    write_notes(tmp_path, {"en/1": note("1")})
    for env, words in (
        (environment(None), "DATABASE_URL: Field required"),
        (environment(None, DATABASE_URL="postgresql://x:y@127.0.0.1:1/z"), "the database cannot be used"),
        (environment(None, DATABASE_URL=postgres_server.owner_url("postgres")), "has not been prepared"),
    ):
        done = run(["notes", str(tmp_path)], env)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert words in done.stderr
