"""The real law in the formats of the API: Akoma Ntoso is valid and read back to the same, no other leaves a word out.

Reads the published files from the folder OPENPOLICY_DATA (default `../shared/data` beside the checkout): a fixed
sample, or all of them with OPENPOLICY_FULL=1.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from zipfile import ZipFile

import pytest

from services.policy.documents.render import version_akn
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.model import SourceFile
from tests.fidelity.test_canada_laws_no_text_lost import DATA, FULL, LAWS
from tests.policy.documents.akn_documents import described, differences, problems
from tests.policy.documents.every_word import left_out

SAMPLE_EVERY = 397
STRANGEST = (
    "fra/reglements/C.R.C.,_ch._1038.xml",  # bilingual forms
    "eng/regulations/SOR-98-462.xml",  # sections inside schedules
    "fra/reglements/DORS-2008-22.xml",  # deleted text
    "eng/acts/A-0.6.xml",  # citations in headings
    "fra/reglements/DORS-86-304.xml",  # formulas
)

pytestmark = pytest.mark.skipif(
    not (DATA / LAWS).is_file(),
    reason=f"the published laws are not at {DATA}; set OPENPOLICY_DATA to the folder that holds canada_federal/",
)


def check(path: str) -> list[str]:
    """Everything wrong with the export of one file."""
    with ZipFile(DATA / LAWS) as archive:
        version = CanadaLaws().parse(path, archive.read(path))
    exported = version_akn(described(version), version.provisions)
    invalid = problems(exported)
    again = AkomaNtoso().parse("exported.xml", exported)
    return [f"{path}: {problem}" for problem in (*invalid, *differences(version, again), *left_out(version, marks=""))]


@pytest.mark.timeout(0 if FULL else 2400)
def test_every_law_is_exported_as_valid_and_read_back_the_same_and_loses_no_word() -> None:
    with ZipFile(DATA / LAWS) as archive:
        files = CanadaLaws().select([SourceFile(name, 1) for name in archive.namelist()])
    paths = [file.path for file in files]
    chosen = paths if FULL else sorted({*paths[::SAMPLE_EVERY], *STRANGEST})
    assert set(STRANGEST) <= set(paths)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = [problem for problems in pool.map(check, chosen, chunksize=4) for problem in problems]
    assert not found, "\n".join(found[:20]) + f"\n{len(found)} in {len(chosen)} files"
