"""Works and lists of works."""

from typing import Any

import aiohttp
import pytest

POLICIES = "/api/v1/policies"
BY_TITLE = ["R-1", "F-9", "A-1.3", "R-2", "T-1"]  # Émigration is read as Emigration


async def get(policy: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with policy.get(path) as response:
        return response.status, await response.json()


async def numbers(policy: aiohttp.ClientSession, query: str) -> list[str]:
    status, body = await get(policy, f"{POLICIES}?{query}")
    assert status == 200, body
    return [item["number"] for item in body["items"]]


async def test_a_work_has_the_documented_shape(policy: aiohttp.ClientSession) -> None:
    status, work = await get(policy, f"{POLICIES}/xx/act/A-1.3")
    assert status == 200
    versions = work.pop("versions")
    assert work == {
        "jurisdiction": "xx", "kind": "act", "number": "A-1.3", "href": f"{POLICIES}/xx/act/A-1.3",
        "frbr_uri": "/akn/xx/act/A-1.3", "title": "Note A-1.3", "lang": "en", "date": "2021-01-01",
        "status": "in-force", "citations": ["c. A-1.3"], "languages": ["en", "fr"],
        "titles": {"en": "Note A-1.3", "fr": "Loi sur la paix"}, "aliases": ["OLD-1"],
        "identifiers": {"notes": "A-1.3"}, "jurisdiction_names": {},
        "as_of": None, "known_at": None, "taken_out": None, "withdrawn": [],
    }  # fmt: skip
    assert [(v["lang"], v["date"]) for v in versions] == [
        ("en", "2021-01-01"), ("en", "2020-01-01"), ("fr", "2021-01-01"),
    ]  # fmt: skip
    assert versions[0] == {
        "lang": "en", "date": "2021-01-01", "revision": 1, "published": "2021-01-15", "status": "in-force",
        "href": f"{POLICIES}/xx/act/A-1.3/en@2021-01-01",
    }  # fmt: skip


async def test_a_list_shows_each_work_once_by_its_current_text(policy: aiohttp.ClientSession) -> None:
    status, body = await get(policy, POLICIES)
    assert status == 200
    assert [item["number"] for item in body["items"]] == BY_TITLE
    assert body["page"] == {"next": None, "prev": None, "limit": 20}
    assert "total" not in body
    assert body["items"][2] == {
        "jurisdiction": "xx", "kind": "act", "number": "A-1.3", "href": f"{POLICIES}/xx/act/A-1.3",
        "frbr_uri": "/akn/xx/act/A-1.3", "title": "Note A-1.3", "lang": "en", "date": "2021-01-01",
        "status": "in-force", "citations": ["c. A-1.3"], "languages": ["en", "fr"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=regulation", ["R-1", "R-2"]),
        ("jurisdiction=yy", ["R-2"]),
        ("status=repealed", ["R-1"]),
        ("lang=fr", ["A-1.3"]),
        ("lang=de", []),
        ("kind=act&status=in-force&lang=en", ["A-1.3", "T-1"]),
        ("status=not-in-force", ["F-9"]),  # it is to stand only later
        ("sort=date&kind=act", ["F-9", "A-1.3", "T-1"]),
    ],
)
async def test_filters_and_orders(policy: aiohttp.ClientSession, query: str, expected: list[str]) -> None:
    assert await numbers(policy, query) == expected


async def test_the_title_is_in_the_language_asked_for(policy: aiohttp.ClientSession) -> None:
    _, body = await get(policy, f"{POLICIES}?lang=fr")
    assert (body["items"][0]["title"], body["items"][0]["lang"]) == ("Loi sur la paix", "fr")


@pytest.mark.parametrize("sort", ["title", "date"])
async def test_pages_forth_and_back_are_the_whole_list(policy: aiohttp.ClientSession, sort: str) -> None:
    whole = await numbers(policy, f"sort={sort}")
    path, forth, pages = f"{POLICIES}?sort={sort}&limit=2&count=exact", [], []
    while path:
        status, body = await get(policy, path)
        assert status == 200
        assert body["total"] == {"value": 5, "exact": True}
        forth.append([item["number"] for item in body["items"]])
        pages.append(body["page"])
        path = body["page"]["next"]
    assert [number for page in forth for number in page] == whole
    assert [len(page) for page in forth] == [2, 2, 1]
    assert pages[0]["prev"] is None
    _, back = await get(policy, pages[2]["prev"])
    assert [item["number"] for item in back["items"]] == forth[1]
    _, first = await get(policy, back["page"]["prev"])
    assert [item["number"] for item in first["items"]] == forth[0]
    assert first["page"]["prev"] is None
    _, again = await get(policy, first["page"]["next"])
    assert [item["number"] for item in again["items"]] == forth[1]


async def test_links_are_in_the_header_too(policy: aiohttp.ClientSession) -> None:
    async with policy.get(f"{POLICIES}?limit=2") as response:
        body = await response.json()
        assert response.headers["Link"] == f'<{body["page"]["next"]}>; rel="next"'


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=1_0", "limit"),
        ("sort=size", "sort"),
        ("status=bogus", "status"),
        ("cursor=", "cursor"),
        ("count=yes", "count"),
        ("kind=A%00", "kind"),
        ("kind=%ED%A0%80", "kind"),
        ("lang=english", "lang"),
        ("jurisdiction=X'--", "jurisdiction"),
        ("cursor=AAAA", "cursor"),
        ("cursor=%F0%9F%98%80", "cursor"),
        ("page=2", "page"),
        ("limit=1&limit=2", "limit"),
    ],
)
async def test_wrong_parameters_are_named(policy: aiohttp.ClientSession, query: str, pointer: str) -> None:
    status, problem = await get(policy, f"{POLICIES}?{query}")
    assert status == 400
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_cursor_is_bound_to_its_list(policy: aiohttp.ClientSession) -> None:
    _, body = await get(policy, f"{POLICIES}?limit=2")
    for other in ("&sort=date", "&kind=act", "&lang=en"):
        status, problem = await get(policy, body["page"]["next"] + other)
        assert (status, problem["errors"][0]["pointer"]) == (400, "cursor")


@pytest.mark.parametrize(
    "path",
    [
        "/xx/act/none", "/xx/act/%00", "/xx/act/A%FF", "/XX/act/A-1.3", "/xx/act/%2e%2e", "/xx/ac't/A-1.3",
        "/xx/act/a-1.3", "/xx/act/" + "9" * 500, "/xx/act/none/en", "/xx/act/%00/en", "/xx/act/none/citations",
    ],
)  # fmt: skip
async def test_what_is_no_work(policy: aiohttp.ClientSession, path: str) -> None:
    status, problem = await get(policy, POLICIES + path)
    assert (status, problem["type"]) == (404, "/docs/errors#not-found")


async def test_a_work_as_a_whole_is_json_only(policy: aiohttp.ClientSession) -> None:
    status, work = await get(policy, f"{POLICIES}/xx/act/A-1.3.json")
    assert (status, work["number"]) == (200, "A-1.3")
    status, problem = await get(policy, f"{POLICIES}/xx/act/A-1.3.html")
    assert (status, problem["type"]) == (400, "/docs/errors#invalid-request")


async def test_what_is_held_is_counted(policy: aiohttp.ClientSession) -> None:
    _, kinds = await get(policy, "/api/v1/kinds")
    assert kinds == {"items": [{"kind": "act", "works": 3}, {"kind": "regulation", "works": 2}]}
    _, jurisdictions = await get(policy, "/api/v1/jurisdictions")
    assert [(item["id"], item["works"]) for item in jurisdictions["items"]] == [("xx", 4), ("yy", 1)]
    _, stats = await get(policy, "/api/v1/stats")
    assert (stats["works"], stats["versions"], stats["languages"]) == (5, 8, {"en": 5, "fr": 1})
    assert stats["latest_release"] == "2024-01-15"
    for page in ("kinds", "jurisdictions", "stats"):
        status, problem = await get(policy, f"/api/v1/{page}?x=1")
        assert (status, problem["errors"][0]["pointer"]) == (400, "x")
