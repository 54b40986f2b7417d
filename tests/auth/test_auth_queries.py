"""Every query fits the migrated schema, as the service's own role may use it."""

from types import ModuleType

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.auth import resealing
from services.auth.accounts import repo as accounts
from services.auth.apikeys import repo as apikeys
from services.auth.audit import repo as audit
from services.auth.factors import repo as factors
from services.auth.links import repo as links
from services.auth.mail import repo as mail
from services.auth.plans import repo as plans
from services.auth.profile import repo as profile
from services.auth.roles import repo as roles
from services.auth.sessions import repo as sessions
from services.auth.tokens import repo as tokens


@pytest.mark.parametrize(
    "repo",
    [accounts, apikeys, audit, factors, links, mail, plans, profile, resealing, roles, sessions, tokens],
    ids=lambda repo: repo.__name__,
)
async def test_every_query_can_be_prepared(database: DatabaseUrls, repo: ModuleType) -> None:
    connection = await asyncpg.connect(database.auth_url)
    try:
        for name, query in repo.QUERIES.items():
            try:
                await connection.prepare(query)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{repo.__name__} {name}: {error}")
    finally:
        await connection.close()


async def test_the_role_sees_no_other_schema(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.auth_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM policy.work")
    finally:
        await connection.close()
