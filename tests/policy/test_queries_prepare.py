"""Every named query of the services that have a database, prepared on the migrated schema by the service's own role."""

from pathlib import Path

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from shared.sql import load_queries

SERVICES = Path(__file__).parents[2] / "services"
FILES = sorted(file for service in ("auth", "policy") for file in (SERVICES / service).glob("*/*.sql")
               if file.parent.name != "migrations")  # fmt: skip
QUERIES = [
    pytest.param(file.relative_to(SERVICES).parts[0], sql, id=f"{file.relative_to(SERVICES)}:{name}")
    for file in FILES
    for name, sql in load_queries(str(file), file.name).items()
]


@pytest.mark.parametrize(("service", "sql"), QUERIES)
async def test_a_query_fits_the_schema(database: DatabaseUrls, service: str, sql: str) -> None:
    connection = await asyncpg.connect(database.auth_url if service == "auth" else database.policy_url)
    try:
        statement = await connection.prepare(sql)
        assert statement.get_parameters() is not None
    finally:
        await connection.close()
