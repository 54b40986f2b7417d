"""The same questions about another day: what was, or will be, the text on it.

The statements speak of what is current. For a day they are asked of the passages that stand on it, which lie in two
tables, and of each document as its version of that day has it.
"""

import re

_PASSAGE = re.compile(r"\bsearch_passage (\w+)")
_DOCUMENT = re.compile(r"\bsearch_document (\w+)")
_KEY = re.compile(r"\bsearch_key (\w+)")
_NUMBER = re.compile(r"\$(\d+)")
_COLUMNS = "document_id, place, eid, length, bare, analysis, lang, jurisdiction, kind, status, tsv"

_SHOWN = _COLUMNS.removeprefix("document_id, place, ")
_NAMED = "JOIN search_passage s USING (document_id, place)"
_NAMED_DOCUMENT = "JOIN search_document d ON d.id = i.document_id"
_VERSIONS = """
    SELECT h.id, h.analysis, h.jurisdiction, h.kind, h.number, h.work_id, h.lang, v.id AS version_id, v.title, v.status,
        v.date
    FROM search_document h
    JOIN version v ON v.work_id = h.work_id AND v.lang = h.lang
        AND v.current_from <= {day} AND {day} < v.current_until AND v.date <= {day}"""


def of_current(sql: str) -> str:
    """`sql` about a day, which is its last parameter, among passages that are current and stood on it already."""
    return _on_day(sql, _passages(sql, "search_passage", f"ctid, {_COLUMNS}"))


def of_past(sql: str) -> str:
    """The same among passages that are not current."""
    # The keys of both: a section of the past may belong to a work that is still called the same.
    sql = _KEY.sub(r"(SELECT * FROM search_past_key UNION ALL SELECT * FROM search_key) \1", sql)
    return _on_day(sql, _passages(sql, "search_past", f"ctid, {_COLUMNS}"))


def of_both(sql: str) -> str:
    """The same among both, for statements that join the passages of `i` as `s`: all of an `i` is looked up for it
    alone, or a plan might read whole tables to join a handful of rows."""
    day = _day(sql)
    found = " UNION ALL ".join(
        f"{_passages(sql, table, _SHOWN)} AND document_id = i.document_id AND place = i.place"
        for table in ("search_passage", "search_past")
    )
    documents = f"CROSS JOIN LATERAL ({_VERSIONS.format(day=day)} WHERE h.id = i.document_id LIMIT 1) d"
    sql = sql.replace(_NAMED, f"CROSS JOIN LATERAL ({found} LIMIT 1) s").replace("s.document_id", "i.document_id")
    sql = sql.replace(_NAMED_DOCUMENT, documents)
    return sql if documents in sql else _DOCUMENT.sub(rf"({_VERSIONS.format(day=day)}) \1", sql)


def _on_day(sql: str, passages: str) -> str:
    sql, day = _PASSAGE.sub(rf"({passages}) \1", sql), _day(sql)
    return _DOCUMENT.sub(rf"({_VERSIONS.format(day=day)}) \1", sql)


def _passages(sql: str, table: str, columns: str) -> str:
    day = _day(sql)
    return f"SELECT {columns} FROM {table} WHERE since <= {day} AND {day} < until"  # noqa: S608 - names of this module


def _day(sql: str) -> str:
    """The parameter behind all that `sql` has."""
    return f"${max(map(int, _NUMBER.findall(sql))) + 1}::date"
