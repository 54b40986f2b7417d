"""No statement of search goes through a whole table, however much law is held.

The planner goes by figures, and a plan that is right for the law of one country can be wrong for that of ten. So it is
told here that the tables are large, and asked what it would do.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import psycopg
import pytest
import pytest_asyncio

from infra.db.addresses import DatabaseUrls
from services.policy.search.days import of_both, of_current, of_past
from services.policy.search.indexer import index_pending
from services.policy.search.resources import SESSION
from services.policy.search.service import __file__ as beside
from shared.sql import load_queries
from tests.conftest import Databases
from tests.policy.search.search_corpus import insert, many_sections

ROWS = {
    "provision": 3e6, "version_provision": 4e6, "citation": 1e6, "version": 80_000, "work": 40_000,
    "search_document": 80_000, "search_passage": 4e6, "search_key": 3e6, "search_past": 1e6, "search_past_key": 1e6,
    "search_term": 200_000, "search_vocabulary": 30_000,
}  # fmt: skip
LARGE = frozenset(name for name, rows in ROWS.items() if rows >= 1e6)

_FINDING = load_queries(beside, "finding.sql")
_QUERIES = load_queries(beside)
STATEMENTS = {
    **{f"{name}, {when.__name__}": when(sql) for name, sql in _FINDING.items() for when in (of_current, of_past)},
    **_FINDING,
    **{name: sql for name, sql in _QUERIES.items() if name != "held_languages"},  # which steps from key to key
    **{f"{name}, of_both": of_both(_QUERIES[name]) for name in ("sort_keys", "facets", "literal", "describe")},
}


@pytest_asyncio.fixture(scope="module")
async def held(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    """An act of which every section read otherwise before, so that no table is empty."""
    urls = databases.create()
    act = many_sections(300)
    older = replace(act, date=date(2010, 1, 1), parts=tuple(replace(p, text=p.text + " So be it.") for p in act.parts))
    connection = await asyncpg.connect(urls.policy_url)
    await insert(connection, older, act)
    await connection.close()
    await index_pending(urls.policy_url)
    yield urls
    databases.drop(urls)


@pytest.fixture(scope="module")
def planner(held: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """A session as search has it, in a database whose tables say that they are large."""
    with psycopg.connect(held.owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
        for name, rows in ROWS.items():
            owner.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'policy', 'relname', %s::text, 'relpages', c.relpages,"
                " 'reltuples', %s::real) FROM pg_class c WHERE c.oid = ('policy.' || %s)::regclass",
                [name, rows, name],
            )
    with psycopg.connect(held.policy_url, autocommit=True) as connection:
        for setting, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", [setting, value])
        yield connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_large_table_is_read_by_an_index(planner: psycopg.Connection, name: str) -> None:
    answer = planner.pgconn.exec_(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {STATEMENTS[name]}".encode())
    assert not answer.error_message, answer.error_message
    plan = json.loads(answer.get_value(0, 0) or b"")[0]["Plan"]
    whole = [step for step in _steps(plan) if step.get("Relation Name") in LARGE and not _is_narrow(step)]
    assert not whole, "\n".join(f"{s['Node Type']} {s.get('Index Name')} on {s['Relation Name']}" for s in whole)


def _is_narrow(step: dict[str, Any]) -> bool:
    return any(condition in step for condition in ("Index Cond", "TID Cond", "Recheck Cond"))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for inner in step.get("Plans", ()):
        yield from _steps(inner)
