"""The table: a header of known columns and rows below it, each with the line it begins in."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from services.policy.imports.model import ImportProblem
from services.policy.imports.stated import REQUIRED, Stated

IDENTITY = ("jurisdiction", "kind", "number", "lang", "date")
"""The columns that say which version a row belongs to."""
COLUMNS = (*REQUIRED, "status", "num", "heading", "text")
OPTIONAL = ("level",)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a value for every column."""

    line: int
    values: dict[str, str]

    def stated(self) -> dict[str, Stated]:
        """The values with their line."""
        return {name: Stated(value.strip(), self.line) for name, value in self.values.items()}


def read_rows(text: str) -> list[Row]:
    """The rows of `text` that are not empty. Raises ImportProblem with the line of what is wrong."""
    records = _records(text)
    line, header = next(records)
    header = [name.strip().lower() for name in header]
    for name in COLUMNS:
        if name not in header:
            raise ImportProblem(f"the column {name} is missing", line=line)
    for at, name in enumerate(header):
        if name not in (*COLUMNS, *OPTIONAL):
            raise ImportProblem(f"the column {name[:60]!r} is not known", line=line)
        if name in header[:at]:
            raise ImportProblem(f"the column {name} stands twice", line=line)
    rows = []
    for line, record in records:
        if len(record) != len(header):
            raise ImportProblem(f"has {len(record)} cells where the header has {len(header)}", line=line)
        rows.append(Row(line, dict(zip(header, record, strict=True))))
    if not rows:
        raise ImportProblem("there is no row below the header", line=line)
    for row in rows[1:]:
        for name in (*IDENTITY, "title", "status"):
            if row.values[name].strip() != rows[0].values[name].strip():
                message = f"{name} differs from line {rows[0].line}: a file holds one text of one work"
                raise ImportProblem(message, line=row.line)
    return rows


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise ImportProblem(f"not CSV: {problem}", line=line) from None
        if any(cell.strip() for cell in record):
            yield line, record
        line = reader.line_num + 1
