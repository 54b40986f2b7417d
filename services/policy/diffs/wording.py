"""The text of a provision as people read it, and what its historical note says. Pure."""

import html
import re
from functools import lru_cache

from services.policy.diffs.domain import Wording
from services.policy.documents.domain import ProvisionRow
from services.policy.documents.render import provision_text

_HISTORICAL = re.compile(r'<remark type="historical">(.*?)</remark>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def wording_of(num: str, heading: str, note: str, content: str) -> Wording:
    """The wording of a stored provision. Those written out lately are kept: it takes a tenth of a millisecond each."""
    return (_kept if len(content) <= _LONGEST_KEPT else _written_out)(num, heading, note, content)


def _written_out(num: str, heading: str, note: str, content: str) -> Wording:
    row = ProvisionRow(kind="", eid="", num=num, heading=heading, note=note, content=content)
    text = provision_text(row).strip("\n")
    body = text
    if num:
        body = text.removeprefix(num).removeprefix(" ")
    return Wording(text, body, credit_of(content))


_kept = lru_cache(maxsize=1024)(_written_out)
_LONGEST_KEPT = 16_000
"""Characters of markup; 3 kB of memory are usual for a kept wording, and 50 kB the most."""


def credit_of(content: str) -> str:
    """The last item of the last historical note: "2001, c. 27, s. 202; 2006, c. 9, s. 143" gives the latter."""
    notes = _HISTORICAL.findall(content) if "historical" in content else []
    if not notes:
        return ""
    plain = " ".join(html.unescape(_TAG.sub("", notes[-1])).split())
    return plain.rpartition(";")[2].strip()
