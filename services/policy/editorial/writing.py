"""Provisions made of what editors send: read, checked, hashed, and given an eId. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.policy.editorial.bodies import KINDS, MOST_PROVISIONS, NewProvision, ProvisionBody, ProvisionPatch
from services.policy.editorial.domain import DraftProvision, Format, Words, provision_hash
from services.policy.editorial.markup import read_words
from services.policy.imports.markdown.body import read_body
from services.policy.imports.model import ImportProblem
from services.policy.imports.plain_units import Names, Outline, Printed
from shared.errors import FieldError, Unprocessable


def from_markdown(text: str, title: str, lang: str) -> list[DraftProvision]:
    """The provisions of a whole text, as the Markdown importer cuts it; raises Unprocessable."""
    try:
        parts = read_body(text, 0, title)
    except ImportProblem as problem:
        raise refused([_said(problem, "#/text")]) from None
    if len(parts) > MOST_PROVISIONS:
        raise refused([FieldError(f"has more than {MOST_PROVISIONS} provisions", "#/text")])
    rows = []
    for at, part in enumerate(parts):
        words = Words("akn", part.content, part.content, part.text, part.terms)
        row = _row(part.eid, Decimal(at), part.level, part.kind, lang, words)
        rows.append(rehashed(replace(row, num=part.num, heading=part.heading, note=part.note)))
    return rows


def from_provisions(bodies: Sequence[NewProvision], lang: str) -> list[DraftProvision]:
    """The provisions of a new draft; raises Unprocessable with all that is wrong, each with its place."""
    rows: list[DraftProvision] = []
    wrong: list[FieldError] = []
    taken: set[str] = set()
    above = -1
    for at, body in enumerate(bodies):
        eid = body.eid or new_eid(body.kind, body.num, taken)
        if eid in taken:
            wrong.append(FieldError(f"{eid}: is the eId of another provision too", f"#/provisions/{at}/eid"))
        if body.level > above + 1:
            wrong.append(FieldError(f"{eid}: stands deeper than anything above it", f"#/provisions/{at}/level"))
        taken.add(eid)
        above = body.level
        try:
            rows.append(new_row(eid, Decimal(at), body.level, lang, body, f"#/provisions/{at}"))
        except Unprocessable as error:
            wrong += error.errors
    if wrong:
        raise refused(wrong)
    return rows


def new_row(eid: str, position: Any, level: int, lang: str, body: ProvisionBody, pointer: str = "#") -> DraftProvision:
    """A provision that no base has; raises Unprocessable."""
    _check_kind(body.kind, eid, pointer)
    words = words_of(body.source, body.format, body.kind, eid, pointer)
    row = _row(eid, position, level, body.kind, lang, words)
    return rehashed(replace(row, **_plain_fields(body, set(ProvisionBody.model_fields))))


def written_over(row: DraftProvision, body: ProvisionBody | ProvisionPatch, given: Collection[str]) -> DraftProvision:
    """`row` with the fields `given` of `body` in place of its own; a conflict on it is thereby settled."""
    kind = body.kind if "kind" in given else row.kind
    if kind != row.kind:
        _check_kind(kind, row.eid, "#")
    form, source = (
        (body.format if "format" in given else row.format),
        (body.source if "source" in given else row.source),
    )
    changes = _plain_fields(body, given) | {"kind": kind, "conflict": None, "theirs": None}
    if "source" in given:
        words = words_of(source, form, kind, row.eid, "#")
        changes |= {
            "format": form,
            "source": words.source,
            "content": words.content,
            "text": words.text,
            "terms": words.terms,
        }
    elif form != row.format:
        raise refused([FieldError(f"{row.eid}: needs a source of this format", "#/source")])
    return rehashed(replace(row, **changes))


def words_of(source: str, form: Format, kind: str, eid: str, pointer: str) -> Words:
    """The words of a provision; raises Unprocessable that names it."""
    try:
        return read_words(source, form, kind)
    except ImportProblem as problem:
        raise refused([_said(problem, f"{pointer}/source", eid)]) from None


def new_eid(kind: str, num: str, taken: Collection[str]) -> str:
    """By the naming convention, and no eId that is taken."""
    wanted, _ = Outline().place(Printed(kind, num, ""), 0)
    if wanted not in taken:
        return wanted
    names = Names()
    for eid in sorted(taken, key=len):
        names.unique(eid)
    return names.unique(wanted)


def rehashed(row: DraftProvision) -> DraftProvision:
    """`row` with the hash of what it says."""
    return replace(row, hash=provision_hash(row.lang, row.kind, row.num, row.heading, row.note, row.content))


def relanguaged(row: DraftProvision, lang: str, revision: int) -> DraftProvision:
    """`row` in another language."""
    return rehashed(replace(row, lang=lang, revision=revision))


def refused(wrong: Sequence[FieldError]) -> Unprocessable:
    """The refusal of fields."""
    return Unprocessable("Some fields are not valid.", errors=tuple(wrong))


def _plain_fields(body: ProvisionBody | ProvisionPatch, given: Collection[str]) -> dict[str, Any]:
    names = {"num", "heading", "note", "status", "in_force_from", "in_force_to"} & set(given)
    return {name: value.value if name == "status" else value for name in names for value in (getattr(body, name),)}


def _check_kind(kind: str, eid: str, pointer: str) -> None:
    if kind not in KINDS:
        raise refused([FieldError(f"{eid}: is none of {', '.join(sorted(KINDS))}", f"{pointer}/kind")])


def _said(problem: ImportProblem, pointer: str, eid: str = "") -> FieldError:
    line = f"line {problem.line}: " if problem.line else ""
    return FieldError(f"{f'{eid}: ' if eid else ''}{line}{problem.message}", pointer)


def _row(eid: str, position: Any, level: int, kind: str, lang: str, words: Words) -> DraftProvision:
    return DraftProvision(
        eid=eid, position=position, level=level, revision=1, kind=kind, num="", heading="", note="", lang=lang,
        format=words.format, source=words.source, content=words.content, text=words.text, hash=b"", status="in-force",
        in_force_from=None, in_force_to=None, last_amended=None, source_id="", terms=words.terms, base_ordinal=None,
        base_eid=None, base_hash=None, conflict=None, theirs=None,
    )  # fmt: skip
