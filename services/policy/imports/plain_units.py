"""Units of plain files: what a printed heading or number says it is, and the eId it gets by the naming convention."""

import re
from dataclasses import dataclass

_CONTAINERS = {
    "part": "part", "partie": "part", "chapter": "chapter", "chapitre": "chapter", "division": "division",
    "title": "title", "titre": "title",
}  # fmt: skip
_ANNEXES = ("schedule", "annex", "annexe", "appendix", "appendice")
_NAMED = re.compile(rf"({'|'.join((*_CONTAINERS, *_ANNEXES))})\s+(\d[\w.\-]*|[A-Z]|[IVXLC]+)(?![\w])(.*)", re.I | re.S)
_SECTION = re.compile(
    r"((?:section|article|sec\.|art\.|§)\s*)?(\d+(?:[.\-]\d+)*[A-Za-z]{0,2})(?:[.:)]|(?=\s|\Z))(.*)", re.I | re.S
)
_STEMS = {"section": "sec", "chapter": "chp", "division": "dvs", "attachment": "att"}
_SEPARATORS = " \t.:–—-"
_UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class Printed:
    """A heading taken apart. `kind` is the AKN element."""

    kind: str
    num: str
    heading: str


def printed(words: str) -> Printed:
    """`words` of a heading: `Part 1 Interpretation`, `2. Definitions`, `Schedule A Fees`, or only a heading."""
    if named := _NAMED.fullmatch(words):
        kind = _CONTAINERS.get(named[1].lower(), "attachment")
        return Printed(kind, f"{named[1]} {named[2].rstrip('.')}", named[3].strip(_SEPARATORS))
    if section := _SECTION.fullmatch(words):
        return Printed("section", f"{section[1] or ''}{section[2]}", section[3].strip(_SEPARATORS))
    return Printed("hcontainer", "", words)


class Names:
    """The eIds given so far in one version or one unit: no two are equal."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """`wanted`, or the first of `wanted-2`, `-3` … that is free."""
        eid = wanted
        while eid in self._used:
            self._used[wanted] += 1
            eid = f"{wanted}-{self._used[wanted]}"
        self._used[eid] = 1
        return eid


@dataclass(frozen=True, slots=True)
class _Open:
    level: int
    eid: str
    annex: str


class Outline:
    """Gives units their place and eId, in document order. Sections are named without the part they stand in, so that
    they keep their address when they move; what stands in an attachment is named within it."""

    def __init__(self) -> None:
        self._names = Names()
        self._open: list[_Open] = []
        self._counts: dict[str, int] = {}

    def place(self, unit: Printed, depth: int) -> tuple[str, int]:
        """The eId and level of `unit`; `depth` is how deep its source says it stands, any growing scale."""
        while self._open and self._open[-1].level >= depth:
            self._open.pop()
        above = self._open[-1] if self._open else _Open(-1, "", "")
        scope = above.annex if unit.kind in ("section", "attachment") else above.eid
        token = "" if unit.kind == "attachment" else _token(unit.num)
        stem = f"{scope}__" * bool(scope) + _STEMS.get(unit.kind, unit.kind)
        if unit.kind in ("preamble", "content"):
            wanted = stem
        else:
            if not token:
                self._counts[stem] = self._counts.get(stem, 0) + 1
            wanted = f"{stem}_{token or self._counts[stem]}"
        eid = self._names.unique(wanted)
        level = len(self._open)
        self._open.append(_Open(depth, eid, eid if unit.kind == "attachment" else above.annex))
        return eid, level


def _token(num: str) -> str:
    return _UNSAFE.sub("-", num.rsplit(maxsplit=1)[-1].strip("§()"))[:40].strip("-.") if num.strip() else ""
