"""docs/security.md names defences and tests that exist, and every setting of a second secret."""

import re
from pathlib import Path

from services.auth.settings import AuthSettings
from services.policy.settings import PolicySettings
from tests.security.defences import DEFENCES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
FOLDER = ROOT / "tests" / "security"
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| (`test_[^|]+`) \|$", re.MULTILINE)


def _threats() -> list[tuple[str, list[str], list[str]]]:
    """Threat, files of the defence, tests."""
    return [(row[0], re.findall(r"`([^`]+)`", row[2]), re.findall(r"`([^`]+)`", row[3])) for row in _ROW.findall(PAGE)]


def test_each_threat_names_a_defence_and_a_test_that_exist() -> None:
    assert len(_threats()) >= 25
    for threat, defences, tests in _threats():
        assert defences, threat
        assert [name for name in defences if not (ROOT / name).is_file()] == [], threat
        for name in tests:
            assert re.search(r"^(?:async )?def test_", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE), name


def test_each_second_secret_is_explained() -> None:
    settings = {name.upper() for cls in (AuthSettings, PolicySettings) for name in cls.model_fields}
    previous = {name for name in settings if name.endswith("_PREVIOUS")}
    assert len(previous) == 5
    assert {name for name in previous if f"`{name.removesuffix('_PREVIOUS')}`" not in PAGE} == set()


def test_what_is_taken_out_is_tested_by_what_exists() -> None:
    assert len({defence.name for defence in DEFENCES}) == len(DEFENCES) >= 5
    for defence in DEFENCES:
        file, _, name = defence.test.partition("::")
        assert f"def {name}" in (FOLDER / file).read_text(encoding="utf-8"), defence.name
