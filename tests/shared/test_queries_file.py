"""The loader of queries.sql."""

from pathlib import Path

import pytest

from shared.sql import load_queries


def test_statements_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "queries.sql").write_text(
        "-- A file.\n-- name: one\n-- why\nSELECT 1;\n\n-- name: two\nSELECT $1::int;\n"
    )
    queries = load_queries(str(tmp_path / "repo.py"))
    assert queries == {"one": "-- why\nSELECT 1", "two": "SELECT $1::int"}


@pytest.mark.parametrize(
    ("text", "says"), [("SELECT 1", "no '-- name:'"), ("-- name: a\n1\n-- name: a\n2", "defined twice")]
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "queries.sql").write_text(text)
    with pytest.raises(ValueError, match=says):
        load_queries(str(tmp_path / "repo.py"))
