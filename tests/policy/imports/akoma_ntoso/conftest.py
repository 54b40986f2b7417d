"""Documents that several tests read."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
NO_POLICY = ("cl_", "ke_", "za_", "reg_2020_nr-397")


@pytest.fixture(scope="session")
def akn_files() -> list[bytes]:
    """The sample, and the published documents where they are at hand."""
    data = Path(os.environ.get("OPENPOLICY_DATA", ROOT.parent / "shared/data")) / "akoma_ntoso"
    found = [*sorted((ROOT / "services/policy/sample").rglob("*.xml")), *sorted(data.rglob("*.xml"))]
    return [path.read_bytes() for path in found if not path.name.startswith(NO_POLICY)]
