"""Searching a day: the texts that stood on it are found, as they read then and at their own addresses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import aiohttp
import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.search.indexer import index_pending, index_texts, index_versions
from tests.conftest import Databases
from tests.policy.policy_service import serving
from tests.policy.search.search_corpus import CORPUS, FERRIES, PARKS, Part, insert

_KITES = Part("7", "Kites may fly over the foreshore.", note="Kites")
_FIRES = replace(PARKS.parts[4], text="No person shall light a fire or a barbecue on the foreshore.")
OLDEST = replace(PARKS, date=date(2010, 1, 1), title="Quays Act", long_title="", status="repealed")
OLDER = replace(PARKS, date=date(2015, 1, 1), parts=(*PARKS.parts[:4], _FIRES, _KITES))
FUTURE = replace(
    FERRIES, date=date(2999, 1, 1), aliases=(), parts=(*FERRIES.parts, Part("4", "Gondolas are ferries too."))
)
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module", params=["at once", "newest first", "one by one"])
async def held(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[DatabaseUrls]:
    """The corpus with older and future versions, indexed in several orders."""
    urls = databases.create()
    connection = await asyncpg.connect(urls.policy_url)
    if request.param == "one by one":
        for law in (OLDEST, OLDER, *CORPUS, FUTURE):
            await index_versions(connection, await insert(connection, law))
    else:
        await insert(connection, *CORPUS)
        if request.param == "newest first":
            await index_pending(urls.policy_url)
        await insert(connection, FUTURE, OLDER, OLDEST)
        await index_pending(urls.policy_url)
    await connection.close()
    yield urls
    databases.drop(urls)


@pytest.fixture
async def service(held: DatabaseUrls) -> AsyncIterator[aiohttp.ClientSession]:
    async with serving(held.policy_url) as session:
        yield session


@pytest.fixture
def ask(service: aiohttp.ClientSession) -> Ask:
    """`await ask("words", as_of=…)`: the answer of the search in English."""

    async def search(q: str, **params: str | int) -> Any:
        query = {"q": q, "lang": "en", **params}
        async with service.get("/api/v1/search", params=query) as response:
            body = await response.json()
            assert response.status == 200, body
            return body

    return search


def _hrefs(body: Any) -> list[str]:
    return [item["href"] for item in body["items"]]


async def test_a_day_is_searched_as_it_was(ask: Ask) -> None:
    assert _hrefs(await ask("kites")) == []
    assert _hrefs(await ask("kites", as_of="2019-12-31")) == ["/api/v1/policies/ca/act/P-14/en@2015-01-01/~sec_7"]
    assert _hrefs(await ask("kites", as_of="2020-01-01")) == []
    assert _hrefs(await ask("kites", as_of="2014-12-31")) == []
    assert _hrefs(await ask("barbecue", as_of="2016-01-01")) == ["/api/v1/policies/ca/act/P-14/en@2015-01-01/~sec_3"]


async def test_what_did_not_change_is_shown_in_the_version_of_the_day(ask: Ask) -> None:
    for day, version in (("2016-01-01", "2015-01-01"), ("2021-01-01", "2020-01-01")):
        first = (await ask("definitions foreshore warden", as_of=day))["items"][0]
        assert first["href"] == f"/api/v1/policies/ca/act/P-14/en@{version}/~sec_2"
        assert first["date"] == version
        assert any(segment["hit"] for segment in first["snippet"])


async def test_the_title_and_standing_are_those_of_the_day(ask: Ask) -> None:
    first = (await ask("Quays Act", as_of="2012-06-01"))["items"][0]
    assert (first["match"], first["work"]["title"], first["work"]["status"]) == ("title", "Quays Act", "repealed")
    assert first["href"] == "/api/v1/policies/ca/act/P-14/en@2010-01-01"
    found = await ask("foreshore", as_of="2012-06-01", status="in-force")
    assert _hrefs(found) == []
    now = await ask("Harbour Parks Act")
    assert now["items"][0]["work"]["status"] == "in-force"


async def test_nothing_is_found_of_a_day_before_the_first_version(ask: Ask) -> None:
    assert (await ask("foreshore", as_of="1901-01-01"))["total"] == {"value": 0, "exact": True}


async def test_a_section_named_by_number_is_that_of_the_day(ask: Ask) -> None:
    first = (await ask("Harbour Parks Act section 3", as_of="2016-01-01"))["items"][0]
    assert first["href"] == "/api/v1/policies/ca/act/P-14/en@2015-01-01/~sec_3"
    assert "barbecue" in "".join(segment["text"] for segment in first["snippet"])


async def test_a_day_to_come_has_what_will_stand_then(ask: Ask) -> None:
    assert _hrefs(await ask("gondolas")) == []
    found = await ask("gondolas", as_of="2999-01-01")
    assert _hrefs(found) == ["/api/v1/policies/ca/regulation/SOR-2011-246/en@2999-01-01/~sec_4"]
    assert _hrefs(await ask("lanterns horn ferry", as_of="2999-01-01"))[0].endswith("en@2999-01-01/~sec_1")


async def test_facets_and_pages_of_a_day_agree_with_its_total(ask: Ask) -> None:
    for sort in ("relevance", "date", "title"):
        whole = await ask("foreshore", as_of="2016-01-01", sort=sort, facets="kind,year", limit=50)
        assert sum(count["count"] for count in whole["facets"]["kind"]) == whole["total"]["value"]
        assert {count["value"] for count in whole["facets"]["year"]} == {"2015"}
        pages, cursor = [], None
        while True:
            page = await ask(
                "foreshore", as_of="2016-01-01", sort=sort, limit=2, **({"cursor": cursor} if cursor else {})
            )
            pages += _hrefs(page)
            if not page["page"]["next"]:
                break
            cursor = page["page"]["next"].partition("cursor=")[2].partition("&")[0]
        assert pages == _hrefs(whole)


async def test_a_day_that_is_none_is_refused(service: aiohttp.ClientSession) -> None:
    async with service.get("/api/v1/search", params={"q": "x", "as_of": "2021-02-30"}) as response:
        assert response.status == 400


async def test_a_withdrawn_version_leaves_the_past_as_well(clean_database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(clean_database.policy_url)
    older, _ = await insert(connection, OLDER, PARKS)
    await index_pending(clean_database.policy_url)
    work = await connection.fetchval("SELECT work_id FROM version WHERE id = $1", older)
    assert await connection.fetchval("SELECT count(*) FROM search_past") == 2
    async with connection.transaction():
        await connection.execute("DELETE FROM version WHERE id = $1", older)
        await connection.execute("UPDATE version SET current_from = '-infinity' WHERE work_id = $1", work)
        await index_texts(connection, [(work, "en")])
    assert await connection.fetchval("SELECT count(*) FROM search_past") == 0
    assert await connection.fetchval("SELECT min(since) FROM search_passage") == PARKS.date
    await connection.close()
