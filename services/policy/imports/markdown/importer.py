"""The Markdown importer: every `*.md` is one version of one work."""

from collections.abc import Iterable, Sequence
from datetime import date

from services.policy.imports.markdown.body import read_body
from services.policy.imports.markdown.front import read_front
from services.policy.imports.model import ImportProblem, ParsedVersion, SourceFile
from services.policy.imports.stated import day, decoded, identity, standing


class Markdown:
    """Reads Markdown with front matter. HTML in it is text like any other."""

    name = "markdown"
    version = 2

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        """Every `*.md` but README.md, ordered by path. Raises ImportProblem when there is none."""
        files = (p for p in paths if p.path.lower().endswith(".md"))
        chosen = sorted((p for p in files if p.path.rpartition("/")[2].lower() != "readme.md"), key=lambda p: p.path)
        if not chosen:
            raise ImportProblem("there is no .md file in this source besides README.md")
        return chosen

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        """The one version in `data`. Raises ImportProblem, and nothing else."""
        front = read_front(decoded(data))
        work = identity(front.texts, line=1)
        stands = day(front.texts, "date")
        status, begins = standing(front.texts), day(front.texts, "in_force_from")
        title = front.texts["title"].value
        provisions = read_body(front.body, front.body_line, title)
        if not provisions:
            raise ImportProblem("has no body of text", line=front.body_line)
        long_title = front.texts.get("long_title")
        return ParsedVersion(
            work=work,
            lang=front.texts["lang"].value,
            date=stands or date.min,  # identity has refused a version without a date
            title=title,
            long_title=long_title.value if long_title else "",
            citations=front.lists.get("citations", ()),
            subjects=front.lists.get("subjects", ()),
            status=status,
            in_force_from=begins,
            source_ids={"path": path},
            provisions=provisions,
        )
