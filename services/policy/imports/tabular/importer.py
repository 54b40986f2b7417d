"""The CSV importer: every `*.csv` is one version of one work, a provision a row."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from services.policy.imports.model import ImportProblem, ParsedProvision, ParsedVersion, SourceFile
from services.policy.imports.plain_text import plain_text
from services.policy.imports.plain_units import Outline, Printed, printed
from services.policy.imports.stated import day, decoded, identity, standing
from services.policy.imports.tabular.rows import Row, read_rows

_LEVEL = re.compile(r"[0-9]")
_DEPTHS = {"attachment": 0, "part": 0, "title": 0, "chapter": 1, "division": 2, "hcontainer": 3, "section": 4}
"""How deep a unit stands where the table has no level."""
_NESTED = 3


class Tabular:
    """Reads CSV. A cell is plain text, whatever it looks like: no formula and no markup."""

    name = "csv"
    version = 2

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        """Every `*.csv`, ordered by path. Raises ImportProblem when there is none."""
        chosen = sorted((p for p in paths if p.path.lower().endswith(".csv")), key=lambda p: p.path)
        if not chosen:
            raise ImportProblem("there is no .csv file in this source")
        return chosen

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        """The one version in `data`. Raises ImportProblem, and nothing else."""
        rows = read_rows(decoded(data))
        stated = rows[0].stated()
        outline = Outline()
        return ParsedVersion(
            work=identity(stated, line=rows[0].line),
            lang=stated["lang"].value,
            date=day(stated, "date") or date.min,  # identity has refused a version without a date
            title=stated["title"].value,
            status=standing(stated),
            source_ids={"path": path},
            provisions=tuple(_provision(row, outline) for row in rows),
        )


def _provision(row: Row, outline: Outline) -> ParsedProvision:
    num, heading = (" ".join(row.values[name].split()) for name in ("num", "heading"))
    paragraphs = [" ".join(line.split()) for line in row.values["text"].split("\n") if line.strip()]
    if not (num or heading or paragraphs):
        raise ImportProblem("num, heading and text are all empty", line=row.line)
    kind = printed(num).kind if num else "hcontainer" if heading else "content"
    if num and kind == "hcontainer":
        kind = "section"  # any other number numbers what the work is cited by
    eid, level = outline.place(Printed(kind, num, heading), _depth(row, kind))
    content = "".join(f"<p>{_escape(paragraph)}</p>" for paragraph in paragraphs)
    if content and kind in ("section", "hcontainer"):
        content = f"<content>{content}</content>"
    return ParsedProvision(
        kind=kind, eid=eid, level=level, num=num, heading=heading, content=content, text=plain_text(content)
    )


def _depth(row: Row, kind: str) -> int:
    level = row.values.get("level", "").strip()
    if level and not _LEVEL.fullmatch(level):
        raise ImportProblem(f"level: {level!r} is not a number from 0 to 9", line=row.line)
    return int(level) if level else _DEPTHS.get(kind, _NESTED)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
