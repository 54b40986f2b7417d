"""The examples of docs/importing.md, imported by the program as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.db.addresses import DatabaseUrls
from tests.policy.imported import rows

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/importing.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("importer", "name", "eids", "cited"),
    [
        ("markdown", "dogs.md", ["part_1", "sec_1", "part_2", "sec_2", "sec_3", "att_1"],
         [("/akn/ca-example-town/by-law/2019-12", "sec_2"), ("/akn/ca-example-town/by-law/2024-07", "sec_3")]),
        ("csv", "parking.csv", ["part_1", "sec_1", "sec_2", "att_1"], []),
    ],
)  # fmt: skip
def test_the_example_in_the_docs_imports(
    clean_database: DatabaseUrls,
    tmp_path: Path,
    importer: str,
    name: str,
    eids: list[str],
    cited: list[tuple[str, str]],
) -> None:
    (tmp_path / name).write_text(example(importer), encoding="utf-8")
    (tmp_path / f"bad{Path(name).suffix}").write_text("x\n")
    url = clean_database.policy_url
    done = subprocess.run(
        [sys.executable, "-m", "services.policy", "import", importer, str(tmp_path)],
        env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "1 added, 0 changed, 0 unchanged, 1 failed" in done.stdout
    assert f"bad{Path(name).suffix}:1: " in done.stdout
    assert [eid for (eid,) in rows(url, "SELECT eid FROM version_provision ORDER BY ordinal")] == eids
    assert rows(url, "SELECT target_uri, target_eid FROM citation ORDER BY ordinal, seq") == cited
