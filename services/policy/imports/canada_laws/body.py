"""The document's outline: from flat headings, sections and schedules to provisions with levels.

Justice Laws writes headings (with a level) and sections side by side; the tree is rebuilt from the levels. Blocks that
follow a heading are that heading's content; longer runs are split by count, never by length, so that both languages
split alike.
"""

from dataclasses import dataclass, field
from datetime import date

from services.policy.imports.canada_laws.blocks import heading_parts
from services.policy.imports.canada_laws.dates import Standing, standing
from services.policy.imports.canada_laws.eids import EidRegister, heading_kind
from services.policy.imports.canada_laws.headings import first_number, source_level
from services.policy.imports.canada_laws.hierarchy import is_repealed, label_text, plain_start, unit
from services.policy.imports.canada_laws.markup import Element, Markup
from services.policy.imports.canada_laws.text import plain_text
from services.policy.imports.model import ParsedProvision, ProvisionStatus

RUN_LENGTH = 40
"""Blocks in one provision where a schedule has no headings."""

_HEADINGS = frozenset({"Heading", "GroupHeading", "ScheduleFormHeading"})
_TRANSPARENT = frozenset(
    {
        "Body", "RegulationPiece", "BillPiece", "RelatedOrNotInForce", "DocumentInternal", "BillInternal",
        "ConventionAgreementTreaty", "Group", "Group1-Part", "Group2-Division", "Group3-Subdivision", "FormGroup",
    }
)  # fmt: skip
_HEAVY = frozenset({"TableGroup", "List", "BilingualGroup", "ImageGroup", "AmendedText"})
_CLOSING = frozenset({"Footnote", "HistoricalNote", "SignatureBlock", "PageBreak", "Note", "Repealed"})
_SCHEDULES = {
    "RelatedProvs": ("sched_RelatedProvs", ProvisionStatus.RELATED),
    "NifProvs": ("sched_NifProvs", ProvisionStatus.NOT_IN_FORCE),
}


@dataclass(slots=True)
class _Run:
    """A provision in the making: a heading, and the blocks that stand under it."""

    kind: str
    eid: str
    level: int
    standing: Standing
    num: str = ""
    heading: str = ""
    note: str = ""
    blocks: list[str] = field(default_factory=list)
    count: int = 0
    heavy: bool = False
    dates: list[Standing] = field(default_factory=list)
    repealed: bool = False


@dataclass(slots=True)
class _Scope:
    """Where in the outline the reader is."""

    prefix: str
    sections: str
    """What section ids begin with: nothing in the main text, whose numbers are unique."""
    level: int
    status: ProvisionStatus
    open: list[tuple[int, str]] = field(default_factory=list)
    """Open headings: source level and eId."""

    @property
    def depth(self) -> int:
        return self.level + len(self.open)

    @property
    def inner_prefix(self) -> str:
        return f"{self.open[-1][1]}__" if self.open else self.prefix


class Outline:
    """Collects a document's provisions in order."""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.eids = EidRegister()
        self.provisions: list[ParsedProvision] = []
        self._run: _Run | None = None

    def add(self, kind: str, eid: str, element: Element, content: str, status: ProvisionStatus) -> None:
        """A provision without heading whose content has been written since `markup.begin()`."""
        self._emit(_Run(kind, self.eids.take(eid), 0, standing(element, status), blocks=[content]))

    def body(self, element: Element) -> None:
        """The main text: headings and sections."""
        self._walk(element, _Scope("", "", 0, ProvisionStatus.IN_FORCE), in_body=True)
        self.flush()

    def schedule(self, element: Element) -> None:
        """One schedule at the end of the document."""
        self._schedule(element, _Scope("", "", 0, ProvisionStatus.IN_FORCE))
        self.flush()

    def flush(self) -> None:
        """End the provision in the making."""
        if self._run is not None:
            run, self._run = self._run, None
            self._emit(run)

    def _emit(self, run: _Run) -> None:
        m = self.markup
        content = "".join(run.blocks)
        status = ProvisionStatus.REPEALED if run.repealed and _current(run.standing.status) else run.standing.status
        known = [run.standing, *run.dates]
        self.provisions.append(
            ParsedProvision(
                kind=run.kind,
                eid=run.eid,
                level=run.level,
                num=run.num,
                heading=run.heading,
                note=run.note,
                content=content,
                text=plain_text(content),
                status=status,
                in_force_from=_latest([s.in_force_from for s in known]),
                last_amended=_latest([s.last_amended for s in known]),
                source_id=next((s.source_id for s in known if s.source_id), ""),
                terms=tuple(m.terms),
                references=tuple(m.references),
            )
        )
        m.begin()

    def _walk(self, element: Element, scope: _Scope, *, in_body: bool = False) -> None:
        if (element.text or "").strip():
            self._blocks(scope, element, self.markup.flow(_text_only(element)))
        for child in element:
            tag = child.tag
            if tag == "Section":
                self._section(child, scope)
            elif tag in _HEADINGS:
                self._heading(child, scope)
            elif tag == "Schedule":
                self._schedule(child, scope)
            elif tag in _TRANSPARENT:
                inner = _Scope(scope.inner_prefix, scope.sections, scope.depth, scope.status)
                if tag == "FormGroup":
                    self.flush()
                self._walk(child, inner, in_body=in_body)
            elif tag == "Reserved" and in_body:
                self._start(
                    _Run(
                        "hcontainer",
                        self.eids.count(f"{scope.inner_prefix}reserved_"),
                        scope.depth,
                        standing(child, scope.status),
                    )
                )
                self._blocks(scope, child, self.markup.block(child))
                self.flush()
            else:
                self._blocks(scope, child, None)
            if (child.tail or "").strip():
                self._blocks(scope, child, f"<p>{plain_text(child.tail or '')}</p>")

    def _start(self, run: _Run) -> None:
        self.flush()
        self.markup.begin()
        self._run = run

    def _blocks(self, scope: _Scope, element: Element, written: str | None) -> None:
        """Put a block into the provision in the making, or begin another one."""
        tag = element.tag
        run = self._run
        heavy = tag in _HEAVY
        if run is not None and run.count and tag not in _CLOSING and (heavy or run.heavy or run.count >= RUN_LENGTH):
            run = None
        if run is None:
            eid = self.eids.count(f"{scope.inner_prefix}hcontainer_")
            self._start(_Run("hcontainer", eid, scope.depth, standing(element, scope.status)))
            run = self._run
            assert run is not None  # noqa: S101 - _start has just set it; this tells the type checker
        m = self.markup
        m.prefix = ""
        m.quoted = 1 if scope.status is not ProvisionStatus.IN_FORCE else 0
        block = m.block(element) if written is None else written
        m.quoted = 0
        run.repealed = tag == "Repealed" and not run.blocks
        run.blocks.append(block)
        run.count += 1
        run.heavy = run.heavy or heavy
        run.dates.append(standing(element, scope.status))

    def _section(self, element: Element, scope: _Scope) -> None:
        self.flush()
        m = self.markup
        m.begin()
        m.prefix = ""
        m.quoted = 1 if scope.status is not ProvisionStatus.IN_FORCE else 0
        read = unit(m, element)
        m.quoted = 0
        num, note = plain_start(read)
        eid = self.eids.numbered(scope.sections, "sec", label_text(element))
        stand = standing(element, scope.status)
        self._emit(
            _Run(
                "section",
                eid,
                scope.depth,
                stand,
                num=num,
                note=note,
                blocks=[read.body],
                repealed=is_repealed(element),
            )
        )

    def _heading(self, element: Element, scope: _Scope) -> None:
        level = source_level(element)
        while scope.open and scope.open[-1][0] >= level:
            scope.open.pop()
        label = label_text(element)
        kind, stem = heading_kind(label, first_number(element, label))
        prefix = scope.inner_prefix
        eid = self.eids.take(prefix + stem) if stem else self.eids.count(f"{prefix}hcontainer_")
        run = _Run(kind, eid, scope.depth, standing(element, scope.status))
        self._start(run)
        self._heading_fields(element, run)
        scope.open.append((level, eid))

    def _heading_fields(self, element: Element, run: _Run) -> None:
        """Label, titles and place of origin; what else a heading holds is its content."""
        self.markup.prefix = ""
        read = heading_parts(self.markup, element)
        run.num = plain_text(read.num)
        run.heading = " ".join(filter(None, map(plain_text, read.titles)))
        run.note = " ".join(filter(None, map(plain_text, read.notes)))
        run.blocks.extend(read.rest)

    def _schedule(self, element: Element, scope: _Scope) -> None:
        stem, status = _SCHEDULES.get(element.get("id", ""), ("", scope.status))
        scope.open.clear()  # a schedule is never part of what the last heading began
        prefix = scope.sections
        eid = self.eids.take(prefix + stem) if stem else self.eids.count(f"{prefix}sched_")
        run = _Run("attachment", eid, scope.depth, standing(element, status))
        first = next(iter(element), None)
        level = run.level + 1
        if first is not None and first.tag == "ScheduleFormHeading":
            self._start(run)
            self._heading_fields(first, run)
            tail, first.tail = first.tail, None
            element.remove(first)
            element.text = f"{element.text or ''}{tail or ''}"
        elif first is None or _begins_with_block(element):
            self._start(run)
        else:  # nothing to show for the schedule itself: its parts stand in its place
            self.flush()
            level = run.level
        self._walk(element, _Scope(f"{eid}__", f"{eid}__", level, run.standing.status))


def _begins_with_block(element: Element) -> bool:
    """Whether text comes before any heading or section."""
    if (element.text or "").strip():
        return True
    for child in element:
        if child.tag in _TRANSPARENT and child.tag != "FormGroup":
            return _begins_with_block(child)
        return child.tag not in _HEADINGS and child.tag not in ("Section", "Schedule", "FormGroup")
    return False


def _current(status: ProvisionStatus) -> bool:
    return status is ProvisionStatus.IN_FORCE


def _latest(dates: list[date | None]) -> date | None:
    return max((d for d in dates if d is not None), default=None)


def _text_only(element: Element) -> Element:
    """`element` without its children: text that stands before them."""
    copy = element.makeelement(element.tag)
    copy.text = element.text
    return copy
