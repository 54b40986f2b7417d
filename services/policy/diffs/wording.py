"""The text of a provision as people read it, and what its historical note says. Pure."""

import html
import re

from services.policy.diffs.domain import Wording
from services.policy.documents.domain import ProvisionRow
from services.policy.documents.render import provision_text

_HISTORICAL = re.compile(r'<remark type="historical">(.*?)</remark>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def wording_of(num: str, heading: str, note: str, content: str) -> Wording:
    """The wording of a stored provision."""
    row = ProvisionRow(kind="", eid="", num=num, heading=heading, note=note, content=content)
    text = provision_text(row).strip("\n")
    body = text
    if num:
        body = text.removeprefix(num).removeprefix(" ")
    return Wording(text, body, _credit(content))


def _credit(content: str) -> str:
    """The last item of the last historical note: "2001, c. 27, s. 202; 2006, c. 9, s. 143" gives the latter."""
    notes = _HISTORICAL.findall(content)
    if not notes:
        return ""
    plain = " ".join(html.unescape(_TAG.sub("", notes[-1])).split())
    return plain.rpartition(";")[2].strip()
