"""What an import left in the database, in two views: by meaning, and row by row as stored."""

from typing import Any

import psycopg

TABLES = ("jurisdiction", "work", "work_alias", "version", "provision", "version_provision", "citation", "import_file",
          "import_run", "import_failure", "search_document", "search_passage", "search_key")  # fmt: skip

BY_MEANING = (
    "SELECT id, names, named FROM jurisdiction ORDER BY 1",
    "SELECT jurisdiction, kind, number, frbr_uri FROM work ORDER BY 1, 2, 3",
    "SELECT a.frbr_uri, w.frbr_uri FROM work_alias a JOIN work w ON w.id = a.work_id ORDER BY 1",
    "SELECT w.frbr_uri, v.lang, v.date, v.revision, v.current_from::text, v.current_until::text, v.published, v.title,"
    " v.status, v.content_hash, v.taken_out, v.stated_status, v.last_amended, v.in_force_from, v.source_ids"
    " FROM version v JOIN work w ON w.id = v.work_id ORDER BY 1, 2, 3, 4",
    "SELECT hash, lang, kind, num, heading, note, content, text FROM provision ORDER BY 1",
    "SELECT w.frbr_uri, v.lang, v.date, v.revision, p.ordinal, p.parent, p.level, p.eid, p.hash, p.status,"
    " p.in_force_from, p.in_force_to, p.last_amended, p.source_id, p.terms"
    " FROM version_provision p JOIN version v ON v.id = p.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4, 5",
    "SELECT w.frbr_uri, v.lang, v.date, v.revision, c.ordinal, c.relation, c.seq, c.target_uri, c.target_eid"
    " FROM citation c JOIN version v ON v.id = c.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4, 5, 6, 7",
    "SELECT f.importer, f.path, f.release, f.sha256, v.content_hash FROM import_file f"
    " JOIN version v ON v.id = f.version_id ORDER BY 1, 2, 3",
    "SELECT w.frbr_uri, r.lang, r.release FROM removal r JOIN work w ON w.id = r.work_id ORDER BY 1, 2, 3",
    "SELECT w.frbr_uri, d.lang, d.date, p.eid, p.status, p.tsv::text FROM search_passage p"
    " JOIN search_document d ON d.id = p.document_id JOIN work w ON w.id = d.work_id ORDER BY 1, 2, 3, 4",
)


def by_meaning(database_url: str) -> list[list[tuple[Any, ...]]]:
    """Everything imported, without numbers and times that differ between two imports of the same."""
    with psycopg.connect(database_url) as connection:
        return [connection.execute(query.encode()).fetchall() for query in BY_MEANING]


def as_stored(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Where each row lies and who wrote it: the same before and after something that writes nothing."""
    with psycopg.connect(database_url) as connection:
        return {
            table: connection.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1".encode()).fetchall()
            for table in TABLES
        }


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """The answer to `query`."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode()).fetchall()
