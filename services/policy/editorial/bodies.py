"""What editors and reviewers send: closed models, so that no field can be assigned that was not meant to be."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from services.policy.documents.addresses import LANG
from services.policy.editorial.markup import unprintable
from services.policy.imports.akoma_ntoso.elements import HIERARCHY
from services.policy.imports.model import ProvisionStatus, WorkStatus
from shared.parse import Body

Date = date  # inside the models the name is a field's
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KINDS = frozenset(HIERARCHY | {"preface", "preamble", "conclusions", "attachment", "content", "wrapUp", "crossHeading"})
"""What a provision may be; one that its base has may stay what it is."""
MOST_PROVISIONS = 5000
ACCOUNT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("is not a date: write YYYY-MM-DD")


def _printable(value: str) -> str:
    if bad := unprintable(value):
        raise ValueError(f"holds the control character {bad}")
    return value


def _line(value: str) -> str:
    return " ".join(_printable(value).split())


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return _printable(value)


def _eid(value: str) -> str:
    if re.fullmatch(r".+\.(?:json|html|txt|md|xml)", value):
        raise ValueError("may not end like a file")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Line = Annotated[str, Field(max_length=2000), AfterValidator(_line)]
Title = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_line), AfterValidator(_said)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Number = Annotated[
    str, Field(pattern=r"^[^\s/~?#%\\@!:\x00-\x1f\x7f]{1,100}$"), AfterValidator(_eid), AfterValidator(_printable)
]
Language = Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)]
EId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][^\s/~?#%\\\x00-\x1f\x7f]{0,199}$"), AfterValidator(_eid)]
Source = Annotated[str, Field(max_length=500_000)]
Said = Annotated[str, Field(max_length=10_000), AfterValidator(_said)]
Lines = Annotated[tuple[Line, ...], Field(max_length=50)]
Level = Annotated[int, Field(ge=0, le=30, strict=True)]


class ProvisionBody(Body):
    """A provision as a whole."""

    kind: Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")] = "section"
    num: Line = ""
    heading: Line = ""
    note: Line = ""
    format: Literal["markdown", "akn"] = "markdown"
    source: Source = ""
    status: ProvisionStatus = ProvisionStatus.IN_FORCE
    in_force_from: Day | None = None
    in_force_to: Day | None = None


class ProvisionPatch(Body):
    """Parts of a provision; what is left out stays."""

    kind: Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")] = ""
    num: Line = ""
    heading: Line = ""
    note: Line = ""
    format: Literal["markdown", "akn"] = "markdown"
    source: Source = ""
    status: ProvisionStatus = ProvisionStatus.IN_FORCE
    in_force_from: Day | None = None
    in_force_to: Day | None = None


class NewProvision(ProvisionBody):
    """A provision that comes with a draft; its eId follows from kind and number where it has none."""

    eid: EId | None = None
    level: Level = 0


class Insertion(ProvisionBody):
    """A new provision and its place: before or after another, or (neither) at the end."""

    eid: EId | None = None
    level: Level | None = None
    before: EId | None = None
    after: EId | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Insertion":
        if self.before is not None and self.after is not None:
            raise ValueError("has one place: before or after, not both")
        return self


class Move(Body):
    """Another place for a provision and all below it."""

    before: EId | None = None
    after: EId | None = None
    level: Level | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Move":
        if (self.before is None) == (self.after is None):
            raise ValueError("needs one place: before or after")
        return self


class DescriptionPatch(Body):
    """What a draft says of its text as a whole; what is left out stays."""

    jurisdiction: Slug = ""
    kind: Slug = ""
    number: Number = ""
    lang: Language = ""
    title: Title = ""
    date: Day | None = None
    long_title: Line = ""
    citations: Lines = ()
    subjects: Lines = ()
    status: WorkStatus = WorkStatus.IN_FORCE
    in_force_from: Day | None = None


class NewDraft(DescriptionPatch):
    """A draft from scratch (with its work) or from a version (with `base`); its text as Markdown or as provisions."""

    base: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    text: Annotated[str, Field(max_length=900_000)] | None = None
    provisions: Annotated[tuple[NewProvision, ...], Field(max_length=MOST_PROVISIONS)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "NewDraft":
        given = self.model_fields_set
        if self.base is not None and (
            clash := given & {"jurisdiction", "kind", "number", "lang", "text", "provisions"}
        ):
            raise ValueError(f"has a base, from which come: {', '.join(sorted(clash))}")
        if self.base is None and (missing := {"jurisdiction", "kind", "number", "lang", "title"} - given):
            raise ValueError(f"has no base, and so needs: {', '.join(sorted(missing))}")
        if self.text is not None and self.provisions is not None:
            raise ValueError("has text or provisions, not both")
        return self


class NoteBody(Body):
    """What a reviewer says of one provision."""

    eid: EId
    text: Said


class Return(Body):
    """Why a draft goes back."""

    note: Said
    provisions: Annotated[tuple[NoteBody, ...], Field(max_length=500)] = ()


class Remark(Body):
    """An optional word with a step."""

    note: Annotated[str, Field(max_length=10_000), AfterValidator(_printable)] = ""


class Publication(Remark):
    """The day since which the text stands; the draft's own, or today, when there is none."""

    date: Day | None = None


class Withdrawal(Body):
    """A published version to be taken back. Its digest says which text is meant: with the last revision of a date gone,
    the one before it has the same address."""

    address: Annotated[str, Field(min_length=1, max_length=2000)]
    content_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Said
