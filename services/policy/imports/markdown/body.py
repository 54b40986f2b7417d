"""The body: headings open units, and everything between two headings is the content of the unit above it."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.policy.imports.markdown.content import Content
from services.policy.imports.markdown.inline import References, words
from services.policy.imports.model import ImportProblem, ParsedProvision
from services.policy.imports.plain_text import plain_text
from services.policy.imports.plain_units import Outline, Printed, printed

_MAX_NESTING = 20
_PREAMBLE = Printed("preamble", "", "")
_INNERMOST = 7
"""Deeper than any heading: nothing stands below a preamble."""
# Left out because they would hide words or say nothing that is stored: code blocks, and definitions of links.
# What an opening bracket costs grows with the nesting that the parser allows: hence little more than is read.
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING + 4}).enable("table")
_PARSER.disable(["code", "fence", "reference", "html_block", "html_inline"])


def read_body(body: str, lines_above: int, title: str) -> tuple[ParsedProvision, ...]:
    """The units of `body`; `lines_above` stand before it in the file. Raises ImportProblem."""
    tokens = _parsed(body, lines_above)
    outline = Outline()
    provisions: list[ParsedProvision] = []
    unit, depth, start = _PREAMBLE, _INNERMOST, 0
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0:
            _add(provisions, outline, unit, depth, tokens[start:at])
            heading = words(tokens[at + 1].children or ())
            depth, start, unit = int(token.tag[1:]), at + 3, printed(heading)
            if depth == 1 and heading == title:  # this is the title, which is not stored twice
                unit, depth = _PREAMBLE, _INNERMOST
            if unit.kind == "hcontainer" and not heading:
                raise ImportProblem("a heading has no words", line=lines_above + (token.map or [0])[0] + 1)
    _add(provisions, outline, unit, depth, tokens[start:])
    return tuple(provisions)


def read_unit(text: str, kind: str) -> str:
    """`text` as the stored markup of one unit of this kind; raises ImportProblem, also for a heading in it."""
    tokens = _parsed(text, 0)
    heading = next((token for token in tokens if token.type == "heading_open" and token.level == 0), None)
    if heading is not None:
        raise ImportProblem("a heading opens a provision of its own", line=(heading.map or [0])[0] + 1)
    return Content(References()).markup(tokens, sectioned=kind in ("section", "hcontainer"))


def _parsed(body: str, lines_above: int) -> list[Token]:
    tokens = _PARSER.parse(body)
    deep = next((t for t in tokens if t.level >= _MAX_NESTING), None)
    if deep is not None:  # and far deeper the parser would leave words out
        raise ImportProblem("is nested too deeply", line=lines_above + (deep.map[0] if deep.map else 0) + 1)
    return tokens


def _add(
    provisions: list[ParsedProvision], outline: Outline, unit: Printed, depth: int, tokens: Sequence[Token]
) -> None:
    references = References()
    content = Content(references).markup(tokens, sectioned=unit.kind in ("section", "hcontainer"))
    if unit.kind == "preamble" and not content:
        return
    eid, level = outline.place(unit, depth)
    provisions.append(
        ParsedProvision(
            kind=unit.kind,
            eid=eid,
            level=level,
            num=unit.num,
            heading=unit.heading,
            content=content,
            text=plain_text(content),
            references=tuple(dict.fromkeys(references.found)),
        )
    )
