"""docs/errors.md lists every problem type with its status, and no other."""

import re
from pathlib import Path

from shared.problems import STATUS

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_the_table_equals_the_code() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {kind: int(status) for kind, status in rows} == {kind: status.value for kind, status in STATUS.items()}
    assert len(rows) == len(STATUS)
