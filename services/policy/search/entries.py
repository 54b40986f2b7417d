"""Making the index hold what is current of some texts, writing only the passages that differ from what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.policy.search.languages import analysis_of
from services.policy.search.passages import WORK, Passage, passages_of
from shared.sql import load_queries

_SQL = load_queries(__file__, "indexing.sql")

Text = tuple[int, str]
"""A work's id and a language."""

_DOCUMENT = (
    "id", "version_id", "rewritten", "work_id", "lang", "analysis", "jurisdiction", "kind", "number", "title", "status",
    "date", "index_again",
)  # fmt: skip
_KEY = ("document_id", "place", "work_id", "lang", "kind", "norm", "text")


@dataclass(slots=True)
class Written:
    """What was added to the index, as columns of equal length; the number of passages taken out."""

    document_ids: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    removed: int = 0

    @property
    def changed(self) -> int:
        """Passages that came or went."""
        return len(self.places) + self.removed


@dataclass(frozen=True, slots=True)
class _Document:
    """A document as it is to be; `held`: there is a row of it, with its passages."""

    id: int
    version: Mapping[str, Any]
    status: str
    index_again: date | None
    held: bool

    def row(self) -> tuple[object, ...]:
        """Its row, in the order of _DOCUMENT."""
        version = self.version
        return (
            self.id, version["id"], version["rewritten"], version["work_id"], version["lang"],
            analysis_of(version["lang"]), version["jurisdiction"], version["kind"], version["number"],
            version["title"], self.status, version["date"], self.index_again,
        )  # fmt: skip


async def write_texts(connection: Any, texts: Sequence[Text], day: date) -> Written:
    """Make the index hold what is current on `day` of these texts, and mark their versions.

    Needs a transaction. Passages whose provision, headings above, title and status are what they were stay untouched.
    """
    columns = [work_id for work_id, _ in texts], [lang for _, lang in texts]
    await connection.execute(_SQL["lock_works"], sorted({work_id for work_id, _ in texts}))
    await connection.execute(_SQL["forget"], *columns, day)
    versions = await connection.fetch(_SQL["current"], *columns, day)
    documents = await _documents(connection, versions, day)
    written = Written()
    new = [document for document in documents if not document.held]
    await connection.copy_records_to_table(
        "search_document", records=[document.row() for document in new], columns=_DOCUMENT
    )
    if len(new) < len(documents):
        renewed = [document.row() for document in documents if document.held]
        await connection.executemany(_SQL["renew"], renewed)
    await _write_passages(connection, documents, written)
    await connection.execute(_SQL["mark"], *columns)
    return written


async def _documents(connection: Any, versions: Sequence[Mapping[str, Any]], day: date) -> list[_Document]:
    """Documents of the versions to write; one whose row is what it should be is left out."""
    missing = sum(version["document_id"] is None for version in versions)
    ids = iter([row["id"] for row in await connection.fetch(_SQL["reserve_documents"], missing)] if missing else [])
    documents = []
    for version in versions:
        # A text that stands only later is not law yet, whatever its status will be.
        early = version["date"] > day
        status = "not-in-force" if early and version["status"] == "in-force" else version["status"]
        again = version["date"] if early else None
        held = version["document_id"] is not None
        documents.append(_Document(version["document_id"] if held else next(ids), version, status, again, held))
    return documents


async def _write_passages(connection: Any, documents: Sequence[_Document], written: Written) -> None:
    by_version = await _outlines(connection, [document.version["id"] for document in documents])
    held = await _held(connection, [document.id for document in documents if document.held])
    gone: list[tuple[int, int]] = []
    added: list[tuple[_Document, int, Passage]] = []
    for document in documents:
        known = held.get(document.id, {})
        following = max(known.values(), default=WORK) + 1 if known else 0
        for passage in passages_of(document.version, by_version.get(document.version["id"], ()), document.status):
            if known.pop((passage.eid, passage.made_of), None) is not None:
                continue
            if passage.ordinal == WORK:
                place = WORK
            elif document.held:
                place, following = following, following + 1
            else:
                place = passage.ordinal
            added.append((document, place, passage))
        gone += [(document.id, place) for place in known.values()]
    if gone:
        await connection.execute(_SQL["take_out"], *map(list, zip(*gone, strict=True)))
        written.removed = len(gone)
    if added:
        await _add(connection, added, written)


async def _add(connection: Any, added: Sequence[tuple[_Document, int, Passage]], written: Written) -> None:
    written.document_ids = [document.id for document, _, _ in added]
    written.places = [place for _, place, _ in added]
    await connection.execute(
        _SQL["add_passages"], written.document_ids, written.places, [p.ordinal for _, _, p in added],
        [p.eid for _, _, p in added], [p.made_of for _, _, p in added], [p.path for _, _, p in added],
    )  # fmt: skip
    keys = [
        (document.id, place, document.version["work_id"], document.version["lang"], *key)
        for document, place, passage in added
        for key in passage.found_by()
    ]
    await connection.copy_records_to_table("search_key", records=keys, columns=_KEY)


async def _outlines(connection: Any, version_ids: Sequence[int]) -> dict[int, list[Any]]:
    rows = await connection.fetch(_SQL["outline"], version_ids)
    return {version_id: list(group) for version_id, group in groupby(rows, key=itemgetter("version_id"))}


async def _held(connection: Any, document_ids: Sequence[int]) -> dict[int, dict[tuple[str, bytes], int]]:
    """By document, the place of each passage that is held."""
    held: dict[int, dict[tuple[str, bytes], int]] = {}
    if document_ids:
        for row in await connection.fetch(_SQL["held"], document_ids):
            held.setdefault(row["document_id"], {})[row["eid"], row["made_of"]] = row["place"]
    return held
