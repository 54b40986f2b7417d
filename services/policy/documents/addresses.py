"""Addresses of works, versions and provisions: how they are read and how they are written.

Numbers and eIds contain dots (`A-1.3`, `sec_12.1`), so a suffix is one of the known ones at the very end.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from services.policy.documents.domain import ProvisionNotFound, WorkKey, WorkNotFound
from shared.errors import FieldError, Invalid
from shared.parse import is_clean

ROOT = "/api/v1/policies"
LANG = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
"""A language tag, as a pattern."""
LONGEST = 300
"""Longest part of an address, in characters; nothing stored is longer."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EXPRESSION = re.compile(rf"(?P<lang>{LANG})(?:@(?P<date>.*))?", re.DOTALL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_SUFFIX = re.compile(r"\.([A-Za-z]{1,10})\Z")
_PATH_SAFE = "~!$&'()*+,;=:@"


class Format(StrEnum):
    """A representation, by its suffix."""

    JSON = "json"
    HTML = "html"
    TXT = "txt"
    MD = "md"
    XML = "xml"


_SUFFIXES = {form.value: form for form in Format}


@dataclass(frozen=True, slots=True)
class ExpressionAddress:
    """`{lang}`, `{lang}@{date}` or either with a suffix. No date: the current version."""

    lang: str
    day: date | None
    format: Format | None


def split_suffix(segment: str) -> tuple[str, Format | None]:
    """`segment` without its suffix, and the suffix when it has a known one."""
    stem, dot, suffix = segment.rpartition(".")
    form = _SUFFIXES.get(suffix) if dot and stem else None
    return (segment, None) if form is None else (stem, form)


def work_key(jurisdiction: str, kind: str, number: str) -> WorkKey:
    """The work that these parts of an address name; raises WorkNotFound for what no work can be called."""
    usable = _SLUG.fullmatch(jurisdiction) and _SLUG.fullmatch(kind)
    if not usable or not is_clean(number) or max(map(len, (jurisdiction, kind, number))) > LONGEST:
        raise WorkNotFound("No policy is at this address.")
    return WorkKey(jurisdiction, kind, number)


def expression_address(segment: str) -> ExpressionAddress:
    """What `en@2026-06-14.json` says. Raises Invalid for a date that is none."""
    stem, suffix = split_suffix(segment)
    other = _OTHER_SUFFIX.search(stem)
    if other is not None:
        known = ", ".join(_SUFFIXES)
        raise Invalid(f"There is no format {other[1]}; the formats are {known}.")
    match = _EXPRESSION.fullmatch(stem)
    if match is None:
        raise Invalid("This is neither a language nor a version: write en or en@2026-01-31.")
    day = None if match["date"] is None else iso_date(match["date"], "date")
    return ExpressionAddress(match["lang"], day, suffix)


def eid_address(segment: str) -> tuple[str, Format | None]:
    """The eId and suffix in the last part of an address, which follows `~`."""
    eid, suffix = split_suffix(segment)
    if not is_clean(eid) or len(eid) > LONGEST:
        raise ProvisionNotFound("This version has no such provision.")
    return eid, suffix


def iso_date(text: str, pointer: str) -> date:
    """The date in `text`, exactly YYYY-MM-DD."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid("The date cannot be read.", errors=(FieldError("is not a date: write YYYY-MM-DD", pointer),))


@lru_cache(maxsize=1024)
def work_href(key: WorkKey) -> str:
    """Where a work is."""
    return "/".join([ROOT, *(quote(part, safe=_PATH_SAFE) for part in (key.jurisdiction, key.kind, key.number))])


@lru_cache(maxsize=1024)
def version_href(key: WorkKey, lang: str, day: date, suffix: Format | None = None) -> str:
    """Where a version is, permanently."""
    return f"{work_href(key)}/{lang}@{day.isoformat()}" + (f".{suffix}" if suffix else "")


def provision_href(key: WorkKey, lang: str, day: date, eid: str, suffix: Format | None = None) -> str:
    """Where a provision of a version is, permanently."""
    return f"{version_href(key, lang, day)}/~{quote(eid, safe=_PATH_SAFE)}" + (f".{suffix}" if suffix else "")
