"""Every list and search read by pages through the gateway, while a writer adds, amends, corrects and withdraws.

Between any two pages there is a write, which is worse than any writer at its own pace.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.policy.documents.withdrawal import withdraw_version
from services.policy.search.indexer import index_texts
from shared.db import Database, open_database
from tests.conftest import Databases
from tests.e2e.gateways import roomy_gateway
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes
from tests.web.web_stack import running_policy

ACT = "/api/v1/policies/xx/act/n-000"
HELD = range(0, 420, 2)
AMENDED, CORRECTED = 100, 200
STABLE = {f"n-{n:03}" for n in HELD if n not in (0, AMENDED, CORRECTED)}
"""What the writer never touches. The odd numbers are its own."""
_LINK = re.compile(r'<([^>]+)>; rel="(next|prev)"')

Key = Callable[[dict[str, Any]], str]


def law(number: int, *, day: str = "2020-01-01", more: str = "") -> dict[str, Any]:
    """A work that cites the first one and is made under it; lengths differ, so that ranks do."""
    if number == 0:
        return note("n-000", texts=["The first."], title="First")
    texts = [
        {"text": f"Quiet hours {'of peace ' * (number % 7)}{more}.", "references": [["/akn/xx/act/n-000", "First"]]},
        f"Nobody shall make noise {'at night ' * (number % 11)}{more}.",
    ]
    return note(f"n-{number:03}", day=day, texts=texts, title=f"Title {number * 37 % 1000:03}") | {
        "enabling": ["/akn/xx/act/n-000"]
    }


@dataclass
class Reader:
    """Somebody who turns the pages of one list."""

    client: aiohttp.ClientSession
    address: str | None
    key: Key
    towards: str = "next"
    seen: list[str] = field(default_factory=list)
    last: str = ""

    async def turn(self) -> None:
        """Read a page and hold on to where the following one is."""
        assert self.address is not None
        self.last = self.address
        async with self.client.get(self.address) as response:
            body = await response.json()
            assert response.status == 200, body
            links = {rel: address for address, rel in _LINK.findall(response.headers.get("Link", ""))}
        page = body["page"]
        assert links == {rel: page[rel] for rel in ("next", "prev") if page[rel]}
        assert len(body["items"]) <= page["limit"]
        self.seen += [self.key(item) for item in body["items"]]
        self.address = page[self.towards]


def number_of(item: dict[str, Any]) -> str:
    return str(item["number"])


def work_of(item: dict[str, Any]) -> str:
    return str(item["work"]["number"])


def passage_of(item: dict[str, Any]) -> str:
    return f"{item['work']['number']} {item['eid']}"


def citation_of(item: dict[str, Any]) -> str:
    return f"{item['from']['work']['number']} {item['from']['date']} {item['from']['eid']} {item['relation']}"


SECTIONS = {f"{n} sec_{s}" for n in STABLE for s in (1, 2)}
CITATIONS = {f"{n} 2020-01-01 {eid} {how}" for n in STABLE for eid, how in (("sec_1", "cites"), ("", "enabled-by"))}
LISTS: list[tuple[str, Key, set[str]]] = [
    ("/api/v1/policies?sort=title", number_of, STABLE),
    ("/api/v1/policies?sort=date&kind=act", number_of, STABLE),
    ("/api/v1/policies?sort=title&as_of=2020-06-01", number_of, STABLE),
    (f"{ACT}/citations?direction=in", citation_of, CITATIONS),
    (f"{ACT}/impact?depth=2", work_of, STABLE),
    ("/api/v1/search?q=quiet+hours", passage_of, {one for one in SECTIONS if one.endswith("sec_1")}),
    ("/api/v1/search?q=quiet+hours&as_of=2020-06-01", passage_of, {one for one in SECTIONS if one.endswith("sec_1")}),
    ("/api/v1/search?q=quiet+peace", passage_of, {f"n-{n:03} sec_1" for n in HELD if n % 7 and f"n-{n:03}" in STABLE}),
    ("/api/v1/search?q=nobody+noise&lang=en", passage_of, {one for one in SECTIONS if one.endswith("sec_2")}),
    ("/api/v1/search?q=noise+OR+peace&sort=date", passage_of, {one for one in SECTIONS if one.endswith("sec_2")}),
    ("/api/v1/search?q=noise&sort=title", passage_of, {one for one in SECTIONS if one.endswith("sec_2")}),
]


@pytest_asyncio.fixture(scope="module")
async def library(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatabaseUrls]:
    database = databases.create()
    notes = {f"en/{n}": law(n) for n in HELD}
    await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("notes"), notes))
    yield database
    databases.drop(database)


@pytest_asyncio.fixture(scope="module")
async def gateway(library: DatabaseUrls, valkey_server: ValkeyServer) -> AsyncIterator[aiohttp.ClientSession]:
    redis_url = valkey_server.url(3)
    async with (
        running_policy(library, redis_url) as policy_url,
        roomy_gateway(policy_url, redis_url) as address,
        aiohttp.ClientSession(address) as session,
    ):
        yield session


@pytest_asyncio.fixture(scope="module")
async def database(library: DatabaseUrls) -> AsyncIterator[Database]:
    async with open_database(library.policy_url, service="policy", min_size=1, max_size=1) as opened:
        yield opened


ROUNDS = itertools.count(1)


async def write(library: DatabaseUrls, database: Database, folder: Path) -> None:
    """New works before, between and behind all others, a new version, a correction, and something withdrawn."""
    turn = next(ROUNDS)
    fresh = [2 * (turn * step % 250) + 1 for step in (1, 89, 173)]
    notes = {f"{turn}/{n}": law(n) for n in fresh}
    for made in notes.values():  # so that one word of two becomes more frequent, and every rank changes
        made["provisions"] += ["Peace."] * 25
    notes[f"{turn}/amended"] = law(AMENDED, day=f"2021-{turn // 28 + 1:02}-{turn % 28 + 1:02}", more="peace " * turn)
    notes[f"{turn}/corrected"] = law(CORRECTED, more="noise " * turn)
    report = await import_notes(library.policy_url, write_notes(folder / str(turn), notes))
    assert report.exit_code == 0, report.lines()
    async with database.transaction() as connection:
        row = await connection.fetchrow(
            "SELECT v.id FROM version v JOIN work w ON w.id = v.work_id WHERE w.number = $1", f"n-{fresh[1]:03}"
        )
        if row is not None:
            gone = await withdraw_version(connection, row["id"], "a mistake", "nobody")
            await index_texts(connection, [(gone.work_id, gone.lang)])


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("limit", "turns"), [(7, 25), (50, 3), (200, 1)])
async def test_pages_lose_nothing_and_repeat_nothing(
    gateway: aiohttp.ClientSession, library: DatabaseUrls, database: Database, tmp_path: Path, limit: int, turns: int
) -> None:
    readers = [Reader(gateway, f"{path}&limit={limit}", key) for path, key, _ in LISTS]
    await _read_all(readers, turns, library, database, tmp_path)
    for reader, (path, _, stable) in zip(readers, LISTS, strict=True):
        _expect_whole(reader, path, stable)
    back = [
        Reader(gateway, reader.last, reader.key, "prev")
        for reader, (path, _, _) in zip(readers, LISTS, strict=True)
        if "/act/" not in path  # what a work cites is read forwards only
    ]
    await _read_all(back, turns, library, database, tmp_path)
    for reader, (path, _, stable) in zip(back, [one for one in LISTS if "/act/" not in one[0]], strict=True):
        _expect_whole(reader, f"{path}, backwards", stable)


async def test_the_log_of_changes_is_read_to_its_end(
    gateway: aiohttp.ClientSession, library: DatabaseUrls, database: Database, tmp_path: Path
) -> None:
    address, seen = "/api/v1/changes?after=0&limit=50", list[int]()
    while True:
        async with gateway.get(address) as response:
            body = await response.json()
            assert response.status == 200, body
        if not body["items"]:
            break
        seen += [item["seq"] for item in body["items"]]
        address = body["next"]
        if len(seen) < 100:
            await write(library, database, tmp_path)
    assert seen == list(range(1, body["last"] + 1))


async def _read_all(readers: list[Reader], turns: int, library: DatabaseUrls, database: Database, folder: Path) -> None:
    for turn in itertools.count(1):
        reading = [reader for reader in readers if reader.address]
        if not reading:
            break
        for reader in reading:
            await reader.turn()
        if turn % turns == 0:
            await write(library, database, folder)


def _expect_whole(reader: Reader, path: str, stable: set[str]) -> None:
    read = [one for one in reader.seen if one in stable]
    assert len(read) == len(set(read)), f"{path}: read twice"
    assert set(read) == stable, f"{path}: {len(stable - set(read))} left out"
