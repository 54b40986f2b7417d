"""Reading an address that somebody cites."""

import re
from urllib.parse import unquote

from services.policy.documents.addresses import (
    ROOT,
    eid_address,
    expression_address,
    iso_date,
    split_suffix,
    work_key,
)
from services.policy.documents.domain import ProvisionNotFound, WorkNotFound
from services.policy.verification.domain import Address
from shared.errors import Invalid

_ORIGIN = re.compile(r"https?://[^/?#]+")
_EXAMPLE = f"{ROOT}/ca/act/A-1/en@2026-06-14/~sec_2"


def cited_address(text: str) -> Address:
    """The version or provision that `text` names, with or without `https://host` before it; raises Invalid.

    Of a text that was corrected since, the address ends in `?known_at=` and a day.
    """
    whole = _ORIGIN.sub("", text.strip(), count=1)
    path, known, day = whole.partition("?known_at=")
    parts = path.removeprefix(ROOT + "/").split("/")
    if not path.startswith(ROOT + "/") or not 4 <= len(parts) <= 5 or re.search(r"[?#\s]", path):
        raise Invalid(f"is not the address of a version or provision, such as {_EXAMPLE}")
    jurisdiction, kind, number, expression, *rest = (unquote(part) for part in parts)
    if rest and not rest[0].startswith("~"):
        raise Invalid("names a provision without the ~ before its eId")
    try:
        key = work_key(jurisdiction, kind, number)
        eid = eid_address(rest[0][1:])[0] if rest else ""
        named = expression_address(split_suffix(expression)[0] if not rest else expression)
        known_at = iso_date(day, "known_at") if known else None
    except (WorkNotFound, ProvisionNotFound):
        raise Invalid("holds what no address here has") from None
    if rest and not eid:
        raise Invalid("ends before the eId")
    return Address(key, named.lang, named.day, eid, known_at)
