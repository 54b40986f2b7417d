"""Loads a slice's `queries.sql`: named statements in one readable file."""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)\s*$", re.MULTILINE)


def load_queries(beside: str, filename: str = "queries.sql") -> dict[str, str]:
    """Every statement of the file next to module `beside` (its `__file__`), by name.

    A statement starts with `-- name: version_in_force`, then a comment that says why, then SQL with `$1` parameters.
    """
    path = Path(beside).with_name(filename)
    text = path.read_text(encoding="utf-8")
    marks = list(_NAME.finditer(text))
    if not marks:
        raise ValueError(f"{path}: no '-- name:' line")
    ends = [m.start() for m in marks[1:]] + [len(text)]
    queries: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        name = mark["name"]
        if name in queries:
            raise ValueError(f"{path}: {name} is defined twice")
        queries[name] = text[mark.end() : end].strip().rstrip(";")
    return queries
