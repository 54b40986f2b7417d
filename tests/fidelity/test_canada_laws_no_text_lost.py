"""Not a word of the real law is lost or moved by the import.

Reads the published files from the folder OPENPOLICY_DATA (default `../shared/data` beside the checkout): a fixed sample
with the hardest files, or all of them with OPENPOLICY_FULL=1.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.fidelity.canada_laws_check import Task, check, read_facts

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data") / "canada_federal"
FULL = os.environ.get("OPENPOLICY_FULL") == "1"
LAWS = "laws_2026-07-23.zip"
ARCHIVES = (LAWS, "history.zip", "previous_release_2026-06-08.zip", "annual_statutes.zip")
SAMPLE_EVERY = 61
HARDEST = (
    "eng/regulations/SOR-2001-286.xml",  # the longest tables
    "fra/reglements/DORS-2001-286.xml",
    "eng/regulations/SOR-2014-58.xml",
    "eng/regulations/SOR-98-462.xml",  # sections inside schedules
    "fra/reglements/C.R.C.,_ch._1038.xml",  # bilingual forms, inserted text in a label
    "eng/acts/L-2.xml",
    "fra/lois/S-9.xml",
    "eng/acts/S-1.xml",  # conventions with annexes and figures
    "eng/acts/C-10.14.xml",
    "fra/lois/F-11.xml",
    "eng/acts/Z-01.xml",
    "eng/regulations/SOR-83-599.xml",  # fractions
    "fra/reglements/DORS-2008-22.xml",  # deleted text
)
EXPECTED: dict[str, str] = {}
"""Files whose import may differ from the source, each with the reason. There are none."""

pytestmark = pytest.mark.skipif(
    not (DATA / LAWS).is_file(),
    reason=f"the published laws are not at {DATA}; set OPENPOLICY_DATA to the folder that holds canada_federal/",
)


def _tasks() -> list[Task]:
    facts = read_facts(DATA)
    tasks: list[Task] = []
    for name in ARCHIVES:
        if not (DATA / name).is_file():
            continue
        with ZipFile(DATA / name) as archive:
            paths = sorted(p for p in archive.namelist() if p.endswith(".xml"))
        chosen = paths if FULL else sorted({*paths[::SAMPLE_EVERY], *(p for p in HARDEST if p in paths)})
        known = facts if name == LAWS else {}
        tasks += [Task(str(DATA / name), path, known.get(path, "")) for path in chosen]
    return tasks


@pytest.mark.timeout(1200)
def test_imported_text_is_the_source_text_and_agrees_with_the_facts() -> None:
    tasks = _tasks()
    assert len(tasks) > 100
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = [problem for problems in pool.map(check, tasks, chunksize=8) for problem in problems]
    unexpected = [problem for problem in found if problem.split(":")[0] not in EXPECTED]
    assert not unexpected, "\n".join(unexpected[:20]) + f"\n{len(unexpected)} in {len(tasks)} files"


def test_every_sample_of_the_hardest_is_present() -> None:
    with ZipFile(DATA / LAWS) as archive:
        assert set(HARDEST) <= set(archive.namelist())
