"""What an import left in the database, in two views: by meaning, and row by row as stored."""

from typing import Any

import psycopg

SEES_ALL = "-c openpolicy.permissions=system"
"""Options of a connection that row level security shows everything."""
TABLES = ("jurisdiction", "work", "work_alias", "version", "provision", "version_provision", "citation", "import_file",
          "import_run", "import_failure", "search_document", "search_passage", "search_key")  # fmt: skip

_PASSAGES = (
    "SELECT w.frbr_uri, d.lang, p.eid, p.since::text, p.until::text, p.status, p.kind, p.jurisdiction, p.analysis,"
    " p.length, p.bare, p.made_of, p.tsv::text FROM"
)
_OF_DOCUMENT = "p JOIN search_document d ON d.id = p.document_id JOIN work w ON w.id = d.work_id ORDER BY 1, 2, 3, 4"
_KEYS = "SELECT w.frbr_uri, k.lang, k.kind, k.norm, k.text, p.eid, p.since::text FROM"
_OF_KEY = "JOIN work w ON w.id = k.work_id ORDER BY 1, 2, 3, 4, 5, 6, 7"

BY_MEANING = {
    "jurisdictions": "SELECT id, names, named FROM jurisdiction ORDER BY 1",
    "works": "SELECT frbr_uri, jurisdiction, kind, number FROM work ORDER BY 1",
    "other names of works": "SELECT a.frbr_uri, w.frbr_uri FROM work_alias a JOIN work w ON w.id = a.work_id"
    " ORDER BY 1, 2",
    "versions": "SELECT w.frbr_uri, v.lang, v.date, v.revision, v.current_from::text, v.current_until::text,"
    " v.published, v.title, v.status, v.content_hash, v.taken_out, v.stated_status, v.last_amended, v.in_force_from,"
    " v.source_ids, v.sort_title, v.long_title, v.citations, v.subjects"
    " FROM version v JOIN work w ON w.id = v.work_id ORDER BY 1, 2, 3, 4",
    "provisions": "SELECT hash, lang, kind, num, heading, note, content, text FROM provision ORDER BY 1",
    "provisions of versions": "SELECT w.frbr_uri, v.lang, v.date, v.revision, p.ordinal, p.parent, p.level, p.eid,"
    " p.hash, p.status, p.in_force_from, p.in_force_to, p.last_amended, p.source_id, p.terms"
    " FROM version_provision p JOIN version v ON v.id = p.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4, 5",
    "citations": "SELECT w.frbr_uri, v.lang, v.date, v.revision, c.ordinal, c.relation, c.seq, c.target_uri,"
    " c.target_eid, c.label FROM citation c JOIN version v ON v.id = c.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4, 5, 6, 7",
    "files": "SELECT f.path, f.importer, f.release, f.sha256, v.content_hash FROM import_file f"
    " JOIN version v ON v.id = f.version_id ORDER BY 1, 2, 3",
    "removals": "SELECT w.frbr_uri, r.lang, r.release FROM removal r JOIN work w ON w.id = r.work_id ORDER BY 1, 2, 3",
    "found texts": "SELECT w.frbr_uri, d.lang, d.date, d.analysis, d.title, d.status, d.index_again,"
    " array(SELECT v.date FROM version v WHERE v.id = ANY (d.versions) ORDER BY 1) AS dates"
    " FROM search_document d JOIN work w ON w.id = d.work_id ORDER BY 1, 2",
    "found passages": f"{_PASSAGES} search_passage {_OF_DOCUMENT}",
    "found passages of former days": f"{_PASSAGES} search_past {_OF_DOCUMENT}",
    "keys": f"{_KEYS} search_key k LEFT JOIN search_passage p USING (document_id, place) {_OF_KEY}",
    "keys of former days": f"{_KEYS} search_past_key k LEFT JOIN search_past p USING (document_id, place) {_OF_KEY}",
    "stems": "SELECT term, analysis, passages FROM search_term ORDER BY 1, 2",
    "words": "SELECT word, analysis, uses FROM search_vocabulary ORDER BY 1, 2",
}
"""What is held, by what it is: a question each, whose first column names what a row is of."""


def by_meaning(database_url: str) -> list[list[tuple[Any, ...]]]:
    """Everything imported, without numbers and times that differ between two imports of the same."""
    with psycopg.connect(database_url, options=SEES_ALL) as connection:
        return [connection.execute(query.encode()).fetchall() for query in BY_MEANING.values()]


def as_stored(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Where each row lies and who wrote it: the same before and after something that writes nothing."""
    with psycopg.connect(database_url, options=SEES_ALL) as connection:
        return {
            table: connection.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1".encode()).fetchall()
            for table in TABLES
        }


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """The answer to `query`, asked as the service asks for nobody in particular."""
    with psycopg.connect(database_url, options=SEES_ALL) as connection:
        return connection.execute(query.encode()).fetchall()
