"""Making the index hold some texts as their versions are, writing only the passages that differ from what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.policy.search.languages import analysis_of
from services.policy.search.passages import WORK, Passage, passages_of
from services.policy.search.standing import FOREVER, Entry, entries
from shared.sql import load_queries

_SQL = load_queries(__file__, "indexing.sql")
_ADD_PAST = _SQL["add"].replace("search_passage", "search_past")
_TAKE_OUT_PAST = _SQL["take_out"].replace("search_passage", "search_past").replace("search_key", "search_past_key")

Text = tuple[int, str]
"""A work's id and a language."""
Row = Mapping[str, Any]

_DOCUMENT = (
    "id", "version_id", "rewritten", "work_id", "lang", "analysis", "jurisdiction", "kind", "number", "title", "status",
    "date", "index_again", "versions",
)  # fmt: skip
_KEY = ("document_id", "place", "work_id", "lang", "kind", "norm", "text")


@dataclass(slots=True)
class Written:
    """What was added to the index of what is current, as columns of equal length; passages taken out of it."""

    document_ids: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    removed: int = 0

    @property
    def changed(self) -> int:
        """Passages that came or went."""
        return len(self.places) + self.removed


@dataclass(frozen=True, slots=True)
class _Document:
    """A text as the index is to have it, with all its versions, oldest first."""

    id: int
    versions: Sequence[Row]
    current: Row
    early: bool
    """Nothing stands yet; what is current is the text that will stand first."""
    held: bool
    """There is a row of it, with its passages."""

    @property
    def status(self) -> str:
        """A text that stands only later is not law yet, whatever its status will be."""
        status: str = self.current["status"]
        return "not-in-force" if self.early and status == "in-force" else status

    @property
    def follows(self) -> bool:
        """Whether all that is new is that the newest version is current, behind those that the index covers."""
        if not self.held or self.early or self.current is not self.versions[-1] or self.current["index_again"]:
            return False
        before, covered = [version["id"] for version in self.versions[:-1]], self.current["covered"]
        indexed = all(version["is_indexed"] for version in self.versions[:-1])
        return indexed and before in (covered, covered[:-1]) and covered[-1] == self.current["held_version"]

    def row(self) -> tuple[object, ...]:
        """Its row, in the order of _DOCUMENT."""
        version = self.current
        return (
            self.id, version["id"], version["rewritten"], version["work_id"], version["lang"],
            analysis_of(version["lang"]), version["jurisdiction"], version["kind"], version["number"],
            version["title"], self.status, version["date"], version["date"] if self.early else None,
            [each["id"] for each in self.versions],
        )  # fmt: skip


@dataclass(slots=True)
class _Changes:
    """What is to be written. Places are pairs of document id and place."""

    added: list[tuple[_Document, int, Entry]] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)
    retired: list[tuple[int, int, date]] = field(default_factory=list)
    standing: list[tuple[int, int, date, date]] = field(default_factory=list)
    added_past: list[tuple[_Document, int, Entry]] = field(default_factory=list)
    gone_past: list[tuple[int, int]] = field(default_factory=list)


async def write_texts(connection: Any, texts: Sequence[Text], day: date) -> Written:
    """Make the index hold what is current on `day` of these texts, and what stood before; mark their versions.

    Needs a transaction. Passages whose provision, headings above, title and status are what they were stay untouched.
    """
    columns = [work_id for work_id, _ in texts], [lang for _, lang in texts]
    await connection.execute(_SQL["lock_works"], sorted({work_id for work_id, _ in texts}))
    await connection.execute(_SQL["forget"], *columns, day)
    documents = await _documents(connection, await connection.fetch(_SQL["versions"], *columns, day), day)
    new = [document.row() for document in documents if not document.held]
    await connection.copy_records_to_table("search_document", records=new, columns=_DOCUMENT)
    if len(new) < len(documents):
        await connection.executemany(_SQL["renew"], [document.row() for document in documents if document.held])
    changes = await _changes(connection, documents)
    await _write(connection, changes)
    await connection.execute(_SQL["mark"], *columns)
    added = changes.added
    return Written([document.id for document, _, _ in added], [place for _, place, _ in added], len(changes.gone))


async def _documents(connection: Any, versions: Sequence[Row], day: date) -> list[_Document]:
    groups = [list(group) for _, group in groupby(versions, key=itemgetter("work_id", "lang"))]
    missing = sum(group[0]["document_id"] is None for group in groups)
    ids = iter([row["id"] for row in await connection.fetch(_SQL["reserve_documents"], missing)] if missing else [])
    documents = []
    for group in groups:
        current = next(version for version in group if version["is_current"])
        held = current["document_id"] is not None
        document_id = current["document_id"] if held else next(ids)
        documents.append(_Document(document_id, group, current, current["date"] > day, held))
    return documents


async def _changes(connection: Any, documents: Sequence[_Document]) -> _Changes:
    following = [document for document in documents if document.follows]
    whole = [document for document in documents if not document.follows]
    wanted = [document.current["id"] for document in following]
    outlines = await _outlines(connection, wanted + [version["id"] for one in whole for version in one.versions])
    held_ids = [document.id for document in documents if document.held]
    held = await _held(connection, "held", held_ids)
    past = await _held(connection, "held_past", [document.id for document in whole if document.held])
    last = await _last_places(connection, [document.id for document in following])
    changes = _Changes()
    for document in following:
        _follow(document, outlines, held.get(document.id, []), last.get(document.id, WORK), changes)
    for document in whole:
        _renew(document, outlines, held.get(document.id, []), past.get(document.id, []), changes)
    return changes


def _passages(version: Row, outlines: Mapping[int, list[Row]], status: str) -> list[Passage]:
    return passages_of(version, outlines.get(version["id"], ()), status)


def _follow(
    document: _Document, outlines: Mapping[int, list[Row]], held: Sequence[Row], last: int, changes: _Changes
) -> None:
    """The newest version takes the place of the one before: what it does not have, stood until its day."""
    known = {(row["eid"], row["made_of"]): row for row in held}
    free = max(last, *(row["place"] for row in held)) + 1 if held else last + 1
    current = document.current
    for passage in _passages(current, outlines, document.status):
        if known.pop((passage.eid, passage.made_of), None) is None:
            entry = Entry(passage, current["id"], document.status, current["date"], FOREVER)
            changes.added.append((document, WORK if passage.ordinal == WORK else free, entry))
            free += passage.ordinal != WORK
    for row in known.values():
        changes.gone.append((document.id, row["place"]))
        changes.retired.append((document.id, row["place"], current["date"]))


def _renew(
    document: _Document,
    outlines: Mapping[int, list[Row]],
    held: Sequence[Row],
    held_past: Sequence[Row],
    changes: _Changes,
) -> None:
    """All versions laid one after the other, and compared with what is held."""
    laid = entries([(v, _passages(v, outlines, v["status"])) for v in document.versions])
    if document.early:
        passages = _passages(document.current, outlines, document.status)
        now = [Entry(one, document.current["id"], document.status, FOREVER, FOREVER) for one in passages]
        then = laid
    else:
        now = [entry for entry in laid if entry.stands(document.current["date"])]
        then = [entry for entry in laid if not entry.stands(document.current["date"])]
    known = {(row["eid"], row["made_of"]): row for row in held}
    free = max([len(now), *(row["place"] + 1 for row in held), *(row["place"] + 1 for row in held_past)])
    for entry in now:
        row = known.pop(entry.key, None)
        if row is None:
            at_once = not document.held or entry.passage.ordinal == WORK
            changes.added.append((document, entry.passage.ordinal if at_once else free, entry))
            free += not at_once
        elif (row["since"], row["until"]) != (entry.since, entry.until):
            changes.standing.append((document.id, row["place"], entry.since, entry.until))
    changes.gone += [(document.id, row["place"]) for row in known.values()]
    stood = {(row["eid"], row["made_of"], row["since"], row["until"]): row for row in held_past}
    for entry in then:
        if stood.pop((*entry.key, entry.since, entry.until), None) is None:
            changes.added_past.append((document, free, entry))
            free += 1
    changes.gone_past += [(document.id, row["place"]) for row in stood.values()]


async def _write(connection: Any, changes: _Changes) -> None:
    if changes.retired:
        await connection.execute(_SQL["retire"], *_columns(changes.retired))
    if changes.gone:
        await connection.execute(_SQL["take_out"], *_columns(changes.gone))
    if changes.gone_past:
        await connection.execute(_TAKE_OUT_PAST, *_columns(changes.gone_past))
    if changes.standing:
        await connection.execute(_SQL["stand"], *_columns(changes.standing))
    await _add(connection, _SQL["add"], "search_key", changes.added)
    await _add(connection, _ADD_PAST, "search_past_key", changes.added_past)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _add(connection: Any, sql: str, keys: str, added: Sequence[tuple[_Document, int, Entry]]) -> None:
    if not added:
        return
    rows = [
        (document.id, place, e.version_id, e.passage.ordinal, e.passage.eid, e.passage.made_of, e.passage.path,
         e.status, e.since, e.until)
        for document, place, e in added
    ]  # fmt: skip
    await connection.execute(sql, *_columns(rows))
    records = [
        (document.id, place, document.current["work_id"], document.current["lang"], *key)
        for document, place, entry in added
        for key in entry.passage.found_by()
    ]
    await connection.copy_records_to_table(keys, records=records, columns=_KEY)


async def _outlines(connection: Any, version_ids: Sequence[int]) -> dict[int, list[Row]]:
    rows = await connection.fetch(_SQL["outline"], version_ids)
    return {version_id: list(group) for version_id, group in groupby(rows, key=itemgetter("version_id"))}


async def _held(connection: Any, query: str, document_ids: Sequence[int]) -> dict[int, list[Row]]:
    """By document, the passages that are held."""
    held: dict[int, list[Row]] = {}
    if document_ids:
        for row in await connection.fetch(_SQL[query], document_ids):
            held.setdefault(row["document_id"], []).append(row)
    return held


async def _last_places(connection: Any, document_ids: Sequence[int]) -> dict[int, int]:
    if not document_ids:
        return {}
    return {row["document_id"]: row["place"] for row in await connection.fetch(_SQL["last_places"], document_ids)}
