"""Element ids after the Akoma Ntoso naming convention, the same in English and French.

Ids are made from labels and position, never from words: `9 to 9.1` and `9 à 9.1` are both `9-9.1`, and a unit whose
label is a phrase is counted.
"""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*")
_JOINERS = frozenset({"to", "and", "et", "or", "ou"})
_LEADING_WORD = re.compile(r"\A\W*[^\W\d_]{3,}\s+(?=\d)")
_NUMBER = re.compile(r"\A[0-9A-Za-z]{1,8}(?:[.-][0-9A-Za-z]{1,8})*\Z")
_HEADING = re.compile(r"\A\W*([^\W\d_]+(?:-[^\W\d_]+)?)\s+(\S.*)\Z", re.DOTALL)
_HEADING_END = re.compile(r"\s*(?:[:—–(]|\s-\s)")
FIRST = re.compile(r"PREMIER|PREMIÈRE|1?I?ERE?|1RE", re.IGNORECASE)
"""How a French heading numbers the first of its kind."""
_KINDS = {
    "PART": "part",
    "PARTS": "part",
    "PARTIE": "part",
    "PARTIES": "part",
    "TITRE": "part",
    "DIVISION": "division",
    "DIVISIONS": "division",
    "SECTION": "division",
    "SECTIONS": "division",
    "SUBDIVISION": "subdivision",
    "SOUS-SECTION": "subdivision",
    "SUBPART": "subpart",
    "SOUS-PARTIE": "subpart",
    "CHAPTER": "chapter",
    "CHAPITRE": "chapter",
    "ARTICLE": "article",
}
_ABBREVIATIONS = {
    "part": "part",
    "division": "dvs",
    "subdivision": "subdvs",
    "subpart": "subpart",
    "chapter": "chp",
    "article": "art",
}


@lru_cache(maxsize=8192)
def number_slug(label: str) -> str:
    """The part of an eId that a label gives: `(a.1)` → `a.1`, `*9` → `9`; empty when it holds no usable number."""
    label = _LEADING_WORD.sub("", label)
    slug = "-".join(token for token in _TOKEN.findall(label) if token not in _JOINERS)
    usable = len(slug) <= 6 or (len(slug) <= 24 and any(c.isdigit() for c in slug))  # longer is a word
    return slug if usable and _NUMBER.match(slug) else ""


@lru_cache(maxsize=4096)
def heading_kind(label: str, first: str = "1") -> tuple[str, str]:
    """Kind and eId stem of a heading by its label: `PART 1` → (`part`, `part_1`); else (`hcontainer`, empty).

    `first` is what the French `PREMIER` stands for here: `1`, or `I` where the next is `II`.
    """
    match = _HEADING.match(label)
    kind = _KINDS.get(match[1].upper()) if match else None
    if match is None or kind is None:
        return "hcontainer", ""
    number = _HEADING_END.split(match[2], maxsplit=1)[0].upper()
    number = first if FIRST.fullmatch(number) else number.replace(" AND ", " and ").replace(" ET ", " et ")
    slug = number_slug(number)
    return kind, f"{_ABBREVIATIONS[kind]}_{slug}" if slug else ""


class EidRegister:
    """Gives out ids that are unique within one document or one provision."""

    __slots__ = ("_counts", "_used")

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """`wanted`, or with `_2`, `_3` … behind it when it has been given out."""
        eid, times = wanted, 1
        while eid in self._used:
            times += 1
            eid = f"{wanted}_{times}"
        self._used.add(eid)
        return eid

    def count(self, stem: str) -> str:
        """The next `stem_1`, `stem_2` …"""
        number = self._counts.get(stem, 0) + 1
        while f"{stem}{number}" in self._used:
            number += 1
        self._counts[stem] = number
        eid = f"{stem}{number}"
        self._used.add(eid)
        return eid

    def numbered(self, prefix: str, abbreviation: str, label: str) -> str:
        """The id of a labelled unit: `prefix` + `para_a`; counted (`para_n1`) when the label has no number."""
        slug = number_slug(label) if label else ""
        if slug:
            return self.take(f"{prefix}{abbreviation}_{slug}")
        return self.count(f"{prefix}{abbreviation}_n")
