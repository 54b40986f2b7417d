"""A small body of law in a database of its own for each test that changes it, and the service over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from infra.db.addresses import DatabaseUrls
from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

LAW = {
    "2020-01-15/en/A-1.3": note("A-1.3", day="2020-01-01", texts=["Old."], citations=["c. A-1.3"]),
    "2021-01-15/en/A-1.3": note("A-1.3", day="2021-01-01", texts=["New.", "Shared."]),
    "2021-01-15/fr/A-1.3": note("A-1.3", lang="fr", day="2021-01-01", texts=["Ancien."], title="Loi «été»"),
    "2022-01-15/en/R-1": note("R-1", kind="regulation", enabling=["/akn/xx/act/A-1.3"], texts=["Shared."]),
    "2022-01-15/en/R-2": note("R-2", kind="regulation", jurisdiction="yy"),
}


async def publish(database_url: str, folder: Path, law: dict[str, dict[str, object]]) -> None:
    """Import `law`."""
    report = await import_notes(database_url, write_notes(folder, law))
    assert report.exit_code == 0, report.lines()


@pytest.fixture
async def law(clean_database: DatabaseUrls, tmp_path: Path) -> str:
    """The address of a database that holds LAW."""
    await publish(clean_database.policy_url, tmp_path / "law", LAW)
    return clean_database.policy_url


@pytest.fixture
async def policy(law: str) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAW."""
    async with serving(law) as session:
        yield session


@pytest.fixture(scope="session")
async def still_policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAW, in a database that no test writes to."""
    url = databases.create().policy_url
    await publish(url, tmp_path_factory.mktemp("law"), LAW)
    async with serving(url) as session:
        yield session
