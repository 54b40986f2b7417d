"""Filters narrow, pages are complete and stable, and a cursor serves only the query it was made for."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.policy.search.conftest import Get


def _numbers(answer: Any) -> set[str]:
    return {item["work"]["number"] for item in answer["items"]}


def _cursor(address: str) -> str:
    return parse_qs(urlsplit(address).query)["cursor"][0]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "regulation"}, {"SOR-2011-246"}),
        ({"kind": "act", "status": "repealed"}, {"Q-1"}),
        ({"kind": "act", "status": "in-force"}, {"P-14"}),
        ({"jurisdiction": "ca-port-lumen"}, set()),
        ({"kind": "motion"}, set()),
    ],
)
async def test_filters(search: Get, filters: dict[str, str], expected: set[str]) -> None:
    answer = await search("foreshore", lang="en", limit=50, **filters)
    assert _numbers(answer) == expected
    for item in answer["items"]:
        for name in ("kind", "jurisdiction"):
            assert item["work"][name] == filters.get(name, item["work"][name])
        assert item["status"] == filters.get("status", item["status"])


async def test_filters_apply_to_exact_keys(search: Get) -> None:
    assert _numbers(await search("Harbour Parks Act", lang="en", kind="by-law")) == set()
    assert _numbers(await search("quiet", jurisdiction="ca-port-lumen")) == {"2016-04"}


async def test_pages_together_are_the_whole_and_lead_back(get: Get) -> None:
    whole = await get("/api/v1/search", q="beacon", lang="en", limit=200)
    assert whole["page"] == {"next": None, "prev": None, "limit": 200}
    pages: list[Any] = [await get("/api/v1/search", q="beacon", lang="en", limit=7)]
    while pages[-1]["page"]["next"]:
        assert pages[-1]["page"]["next"].startswith("/api/v1/search?q=beacon")
        cursor = _cursor(pages[-1]["page"]["next"])
        pages.append(await get("/api/v1/search", q="beacon", lang="en", limit=7, cursor=cursor))
    together = [item for page in pages for item in page["items"]]
    assert together == whole["items"]
    assert len({item["href"] for item in together}) == len(together) == whole["total"]["value"] > 28
    assert {page["total"]["value"] for page in pages} == {len(together)}
    cursor = _cursor(pages[2]["page"]["prev"])
    back = await get("/api/v1/search", q="beacon", lang="en", limit=7, cursor=cursor)
    assert back["items"] == pages[1]["items"]
    assert pages[0]["page"]["prev"] is None


async def test_a_cursor_belongs_to_its_query(get: Get) -> None:
    first = await get("/api/v1/search", q="beacon", lang="en", limit=5)
    cursor = _cursor(first["page"]["next"])
    for other in ({"q": "lantern", "lang": "en"}, {"q": "beacon", "lang": "en", "kind": "act"}, {"q": "beacon"}):
        problem = await get("/api/v1/search", expect=400, limit=5, cursor=cursor, **other)
        assert [error["pointer"] for error in problem["errors"]] == ["cursor"]
    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    await get("/api/v1/search", expect=400, q="beacon", lang="en", limit=5, cursor=forged)
