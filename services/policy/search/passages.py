"""What the index holds of a version besides its words: the headings above each provision, digests, and the keys."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.policy.search.keys import citation_key, key_of, name_of

WORK = -1
"""The place of the work as a whole."""

Row = Mapping[str, Any]
Key = tuple[str, str, str]
"""kind, norm, text"""

_SHOWN = 300  # characters of a key's text as it is suggested


@dataclass(frozen=True, slots=True)
class Passage:
    """A provision (or the work as a whole) as it is to stand in the index.

    `made_of` tells whether it is the passage that is held already: equal digests make equal passages and keys.
    """

    eid: str
    ordinal: int
    made_of: bytes
    path: str
    """Numbers and headings of its ancestors, outermost first."""
    row: Row
    """What its keys are made of: of the version for the work as a whole, else of the provision."""

    def found_by(self) -> Iterator[Key]:
        """Its keys."""
        return work_keys(self.row) if self.ordinal == WORK else provision_keys(self.row)


def passages_of(version: Row, outline: Iterable[Row], status: str) -> list[Passage]:
    """Every passage of a version, in document order. `outline` is in this order too; `status` is the document's."""
    head = "\0".join((version["title"], status))
    whole = (
        head, version["number"], version["long_title"], *version["citations"], "", *version["subjects"], "",
        *version["aliases"],
    )  # fmt: skip
    passages = [Passage("", WORK, _digest("\0".join(whole)), "", version)]
    paths: dict[int | None, str] = {None: ""}  # what stands above the children of a row
    for row in outline:
        path = paths.get(row["parent"], "")
        paths[row["ordinal"]] = f"{path} {row['num']} {row['heading']}".strip() if row["heading"] else path
        made_of = _digest("\0".join((head, row["status"], path, *row["terms"])), row["hash"])
        passages.append(Passage(row["eid"], row["ordinal"], made_of, path, row))
    return passages


def _digest(text: str, provision: bytes = b"") -> bytes:
    return hashlib.blake2b(provision + text.encode(), digest_size=16).digest()


def work_keys(version: Row) -> Iterator[Key]:
    """Titles and citations of a version; a title also without the word for its kind, and the number and aliases of its
    work as citations."""
    title = version["title"]
    keys = {key_of(title): title, name_of(key_of(title), version["lang"]): title}
    keys.setdefault(key_of(version["long_title"]), version["long_title"])
    for norm, text in keys.items():
        yield from _key("title", norm, text)
    seen = set()
    for citation in (*version["citations"], version["number"], *version["aliases"]):
        norm = citation_key(citation)
        if norm not in seen:
            seen.add(norm)
            yield from _key("citation", norm, citation)


def provision_keys(row: Row) -> Iterator[Key]:
    """Defined terms, marginal note and heading of one provision."""
    for term in dict.fromkeys(row["terms"]):
        yield from _key("term", key_of(term), term)
    for note in dict.fromkeys((row["note"], row["heading"])):
        yield from _key("note", key_of(note), note)


def _key(kind: str, norm: str, text: str) -> Iterator[Key]:
    if norm:
        yield kind, norm, text[:_SHOWN]
