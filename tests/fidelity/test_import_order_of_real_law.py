"""The current laws, the release before and the older versions of them leave the same in every order of imports.

Reads the published files from the folder OPENPOLICY_DATA (default `../shared/data` beside the checkout): a few laws
with all their versions, or with OPENPOLICY_FULL=1 every law that has older ones.
"""

import os
from datetime import date
from itertools import permutations
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.sources import without_release
from tests.conftest import Databases
from tests.policy.import_orders import Published, State, state_after

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data") / "canada_federal"
FULL = os.environ.get("OPENPOLICY_FULL") == "1"
SOURCES = {
    "laws_2026-07-23.zip": date(2026, 7, 23),
    "history.zip": date(2026, 7, 23),
    "previous_release_2026-06-08.zip": date(2026, 6, 8),
}
SAMPLE = ("SOR-87-209", "DORS-87-209", "SOR-97-138", "DORS-97-138", "SOR-2002-196", "DORS-2002-196", "lois/N-28.3")

pytestmark = pytest.mark.skipif(
    not all((DATA / name).is_file() for name in SOURCES),
    reason=f"the published laws are not all at {DATA}; set OPENPOLICY_DATA to the folder that holds canada_federal/",
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """The three sources, cut down to laws of which more than one version is held."""
    folder = tmp_path_factory.mktemp("sources")
    wanted = {name for source in list(SOURCES)[1:] for name in _laws(source)}
    if not FULL:
        wanted = {name for name in wanted if name.removesuffix(".xml").endswith(SAMPLE)}
    found = []
    for source, release in SOURCES.items():
        with ZipFile(DATA / source) as archive, ZipFile(folder / source, "w", ZIP_STORED) as cut:
            for path in archive.namelist():
                if _name(path) in wanted:
                    cut.writestr(path, archive.read(path))
        found.append(Published(folder / source, release, CanadaLaws.jurisdictions))
    return found


async def test_every_order_leaves_the_same(databases: Databases, published: list[Published]) -> None:
    first, *others = permutations(published)
    expected: State = await state_after(databases, CanadaLaws(), first)
    versions = expected[3]
    assert len(versions) > 20
    assert any(row[10] for row in versions), "a text that was taken out"
    for order in others:
        assert await state_after(databases, CanadaLaws(), order) == expected, [source.path.name for source in order]


def _laws(source: str) -> set[str]:
    with ZipFile(DATA / source) as archive:
        return {_name(path) for path in archive.namelist() if path.endswith(".xml")}


def _name(path: str) -> str:
    return without_release(path).removeprefix("removed/")
