"""What the owner of a plain file states about it, as text with its line: identity, date and standing, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.policy.imports.model import ImportProblem, WorkIdentity, WorkStatus

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NUMBER = re.compile(r"[^\s/~?#%\\@!:\x00-\x1f\x7f]{1,100}")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

REQUIRED = ("jurisdiction", "kind", "number", "lang", "date", "title")
"""What every version must state."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A value as written, and the line it stands in."""

    value: str
    line: int


class _Form(StrEnum):
    SLUG = "not made of small letters, digits and hyphens"
    LANG = "not a language tag such as en"
    NUMBER = "no number that can be part of an address"


_FORMS = {
    "jurisdiction": (_SLUG, _Form.SLUG),
    "kind": (_SLUG, _Form.SLUG),
    "lang": (_LANG, _Form.LANG),
    "number": (_NUMBER, _Form.NUMBER),
}


def decoded(data: bytes) -> str:
    """`data` as text with plain line ends; raises ImportProblem for what is not UTF-8 or not printable."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ImportProblem("not UTF-8 text", line=data.count(b"\n", 0, problem.start) + 1) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ImportProblem(f"holds the control character U+{ord(found[0]):04X}", line=line)
    if not text.strip():
        raise ImportProblem("empty file", line=1)
    return text


def identity(stated: Mapping[str, Stated], *, line: int) -> WorkIdentity:
    """The work that `stated` names; raises ImportProblem with the key and its line, or `line` for a missing key."""
    for key in REQUIRED:
        if key not in stated or not stated[key].value.strip():
            raise ImportProblem(f"{key} is missing", line=stated[key].line if key in stated else line)
    for key, (form, what) in _FORMS.items():
        if not form.fullmatch(stated[key].value):
            raise ImportProblem(f"{key}: {stated[key].value!r} is {what}", line=stated[key].line)
    jurisdiction, kind, number = (stated[key].value for key in ("jurisdiction", "kind", "number"))
    return WorkIdentity(jurisdiction, kind, number, f"/akn/{jurisdiction}/{kind}/{number}")


def day(stated: Mapping[str, Stated], key: str) -> date | None:
    """The date under `key`, None when it is not stated; raises ImportProblem for what is no date."""
    if key not in stated or not stated[key].value:
        return None
    value, line = stated[key].value, stated[key].line
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ImportProblem(f"{key}: {value!r} is not a date: write YYYY-MM-DD", line=line)


def standing(stated: Mapping[str, Stated]) -> WorkStatus:
    """The status, in-force when none is stated; raises ImportProblem for an unknown one."""
    if "status" not in stated or not stated["status"].value:
        return WorkStatus.IN_FORCE
    try:
        return WorkStatus(stated["status"].value)
    except ValueError:
        known = ", ".join(WorkStatus)
        message = f"status: {stated['status'].value!r} is none of {known}"
        raise ImportProblem(message, line=stated["status"].line) from None
