"""Fixtures of the web and browser tests: one platform for the session, a fresh browser for each test."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from tests.conftest import Databases
from tests.web.web_stack import Browser, import_sample, running_auth, running_policy, running_web

_SESSION_KEYS = "ignore:It is recommended to use web.RequestKey:aiohttp.web_exceptions.NotAppKeyWarning:aiohttp_session"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """aiohttp-session keeps its own state under plain strings, of which aiohttp warns once a process."""
    for item in items:
        if {"web", "e2e"} & set(item.path.parts):
            item.add_marker(pytest.mark.filterwarnings(_SESSION_KEYS))


@pytest.fixture(scope="session")
def library_database(databases: Databases) -> DatabaseUrls:
    """A database with the sample policies."""
    made = databases.create()
    import_sample(made)
    return made


@pytest_asyncio.fixture(scope="session")
async def auth_url(library_database: DatabaseUrls, valkey_server: ValkeyServer) -> AsyncIterator[str]:
    # Redis database 1: tests of auth empty theirs, and two auth services on one would answer for each other.
    async with running_auth(library_database, valkey_server.url(1)) as base:
        yield base


@pytest_asyncio.fixture(scope="session")
async def policy_url(library_database: DatabaseUrls, valkey_server: ValkeyServer) -> AsyncIterator[str]:
    async with running_policy(library_database, valkey_server.url(1)) as base:
        yield base


@pytest_asyncio.fixture(scope="session")
async def site(
    auth_url: str, policy_url: str, valkey_server: ValkeyServer, library_database: DatabaseUrls
) -> AsyncIterator[Browser]:
    async with running_web(auth_url, policy_url, valkey_server.url(1)) as (base, session):
        yield Browser(base, session, mailbox=library_database)


@pytest.fixture
def browser(site: Browser) -> Browser:
    """A browser that has never been here."""
    return Browser(site.base, site.session, mailbox=site.mailbox)


@pytest.fixture
def email() -> str:
    """An address nobody has."""
    return f"{secrets.token_hex(6)}@example.org"
