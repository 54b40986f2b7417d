"""What the index holds of a version besides its words: the headings above each provision, and the keys."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.policy.search.keys import citation_key, key_of, name_of

WORK = -1
"""The ordinal of the work as a whole."""

Row = Mapping[str, Any]
KeyRow = tuple[int, int, int, str, str, str, str]
"""version id, ordinal, work id, language, kind, norm, text: the columns of search_key."""

_SHOWN = 300  # characters of a key's text as it is suggested


@dataclass(frozen=True, slots=True)
class Above:
    """The headings above provisions, as three columns of equal length."""

    version_ids: list[int]
    ordinals: list[int]
    paths: list[str]


def headings_above(outline: Iterable[Row]) -> Above:
    """For each provision below a heading: the numbers and headings of its ancestors, outermost first."""
    by_version: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in outline:
        by_version[row["version_id"]][row["ordinal"]] = row
    above = Above([], [], [])
    for version_id, rows in by_version.items():
        paths: dict[int | None, str] = {None: ""}  # what stands above the children of a row
        for ordinal in sorted(rows):
            row = rows[ordinal]
            path = paths.get(row["parent"], "")
            paths[ordinal] = f"{path} {row['num']} {row['heading']}".strip() if row["heading"] else path
            if path:
                above.version_ids.append(version_id)
                above.ordinals.append(ordinal)
                above.paths.append(path)
    return above


def work_keys(version: Row) -> Iterator[KeyRow]:
    """Titles and citations of a version; a title also without the word for its kind, and the number and aliases of its
    work as citations."""
    title = version["title"]
    keys = {key_of(title): title, name_of(key_of(title), version["lang"]): title}
    keys.setdefault(key_of(version["long_title"]), version["long_title"])
    for norm, text in keys.items():
        yield from _key(version, WORK, "title", norm, text)
    seen = set()
    for citation in (*version["citations"], version["number"], *version["aliases"]):
        norm = citation_key(citation)
        if norm not in seen:
            seen.add(norm)
            yield from _key(version, WORK, "citation", norm, citation)


def provision_keys(version: Row, row: Row) -> Iterator[KeyRow]:
    """Defined terms, marginal note and heading of one provision."""
    for term in dict.fromkeys(row["terms"]):
        yield from _key(version, row["ordinal"], "term", key_of(term), term)
    for note in dict.fromkeys((row["note"], row["heading"])):
        yield from _key(version, row["ordinal"], "note", key_of(note), note)


def keys_of(versions: Sequence[Row], outline: Iterable[Row]) -> list[KeyRow]:
    """All keys of the versions."""
    by_id = {version["id"]: version for version in versions}
    keys = [key for version in versions for key in work_keys(version)]
    for row in outline:
        keys.extend(provision_keys(by_id[row["version_id"]], row))
    return keys


def _key(version: Row, ordinal: int, kind: str, norm: str, text: str) -> Iterator[KeyRow]:
    if norm:
        yield version["id"], ordinal, version["work_id"], version["lang"], kind, norm, text[:_SHOWN]
