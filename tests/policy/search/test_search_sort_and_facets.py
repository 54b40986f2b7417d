"""Results by date and title, counts by facet, and narrowing by subject and time."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.policy.search import finding, ranking, sorting
from tests.policy.search.conftest import Get


def _numbers(answer: Any) -> list[str]:
    """The works of an answer in order, each once."""
    return list(dict.fromkeys(item["work"]["number"] for item in answer["items"]))


@pytest.mark.parametrize(
    ("sort", "expected"), [("date", ["G-2016", "G-2004", "G-1998"]), ("title", ["G-2004", "G-2016", "G-1998"])]
)
async def test_the_order_is_the_one_asked_for(search: Get, sort: str, expected: list[str]) -> None:
    assert _numbers(await search("gull", lang="en", sort=sort, limit=50)) == expected


@pytest.mark.parametrize("sort", ["date", "title"])
@pytest.mark.parametrize("cap", [2_000, 5])
async def test_sorted_pages_together_are_the_whole_and_lead_back(
    get: Get, monkeypatch: pytest.MonkeyPatch, sort: str, cap: int
) -> None:
    if cap == 5:  # as if there were more matches than are looked at
        monkeypatch.setattr(ranking, "CANDIDATES", 3)
        monkeypatch.setattr(ranking, "EXACT_CANDIDATES", 1)
        monkeypatch.setattr(ranking, "SORTED_CANDIDATES", cap)
        monkeypatch.setattr(sorting, "SORTED_CANDIDATES", cap)
    whole = await get("/api/v1/search", q="gull", lang="en", sort=sort, limit=200)
    assert whole["total"] == {"value": 9 if cap > 9 else cap, "exact": cap > 9}
    pages = [await get("/api/v1/search", q="gull", lang="en", sort=sort, limit=2)]
    while address := pages[-1]["page"]["next"]:
        assert f"sort={sort}" in address
        cursor = parse_qs(urlsplit(address).query)["cursor"][0]
        pages.append(await get("/api/v1/search", q="gull", lang="en", sort=sort, limit=2, cursor=cursor))
    assert [item for page in pages for item in page["items"]] == whole["items"]
    back = parse_qs(urlsplit(pages[2]["page"]["prev"]).query)["cursor"][0]
    before = await get("/api/v1/search", q="gull", lang="en", sort=sort, limit=2, cursor=back)
    assert before["items"] == pages[1]["items"]
    await get("/api/v1/search", expect=400, q="gull", lang="en", limit=2, cursor=back)


async def test_of_too_many_the_newest_come_first(search: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "CANDIDATES", 1)
    monkeypatch.setattr(ranking, "EXACT_CANDIDATES", 1)
    monkeypatch.setattr(finding, "FEW", 1)
    answer = await search("gull", lang="en", sort="date", limit=50)
    assert _numbers(answer) == ["G-2016", "G-2004", "G-1998"]
    assert answer["total"] == {"value": 9, "exact": True}


async def test_facets_count_what_was_found(search: Get) -> None:
    answer = await search("gull", lang="en", facets="kind,year,lang,status,jurisdiction", limit=1)
    assert answer["total"]["value"] == 9
    assert answer["facets"] == {
        "jurisdiction": [{"value": "ca", "count": 9}],
        "kind": [{"value": "act", "count": 6}, {"value": "regulation", "count": 3}],
        "status": [{"value": "in-force", "count": 9}],
        "lang": [{"value": "en", "count": 9}],
        "year": [{"value": year, "count": 3} for year in ("1998", "2004", "2016")],
    }
    for facet, counts in answer["facets"].items():
        for line in counts:
            narrowed = await search("gull", **{"lang": "en", facet: line["value"]})
            assert narrowed["total"]["value"] == line["count"], facet


async def test_facets_count_all_where_only_some_are_looked_at(search: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "CANDIDATES", 1)
    monkeypatch.setattr(finding, "FEW", 1)
    answer = await search("gull", facets="kind,status,year,lang", **{"from": "2000-01-01"})
    assert answer["total"]["exact"] is False
    assert answer["facets"] == {
        "kind": [{"value": "act", "count": 3}, {"value": "regulation", "count": 3}],
        "status": [{"value": "in-force", "count": 6}],
        "lang": [{"value": "en", "count": 6}],
        "year": [{"value": "2004", "count": 3}, {"value": "2016", "count": 3}],
    }


async def test_facets_are_given_only_when_asked_for(search: Get) -> None:
    assert "facets" not in await search("gull")
    assert (await search("zzyzx", facets="kind"))["facets"] == {"kind": []}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"year": "2004"}, {"G-2004"}),
        ({"from": "2004-05-01"}, {"G-2004", "G-2016"}),
        ({"to": "2004-04-30"}, {"G-1998"}),
        ({"from": "1999-01-01", "to": "2010-01-01"}, {"G-2004"}),
        ({"year": "2004", "from": "2005-01-01"}, set()),
        ({"subject": "Animals"}, {"G-1998", "G-2004"}),
        ({"subject": "economie Bleue"}, {"G-1998"}),
        ({"subject": "Animals", "year": "2004"}, {"G-2004"}),
        ({"subject": "Anim"}, set()),
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "date"])
async def test_subject_and_time_narrow(search: Get, filters: dict[str, str], expected: set[str], sort: str) -> None:
    assert set(_numbers(await search("gull", lang="en", limit=50, sort=sort, **filters))) == expected


async def test_subject_and_time_narrow_exact_titles(search: Get) -> None:
    assert _numbers(await search("Ancient Gulls Act", year="2004"))[0] == "G-2004"
    assert "G-2004" not in _numbers(await search("Ancient Gulls Act", year="1998"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "size"), ("facets", "number"), ("facets", "kind,"), ("facets", ""), ("year", "04"), ("year", "20_4"),
        ("from", "2004"), ("to", "2004-02-30"), ("since", "2004-01-01"), ("subject", ""),
    ],
)  # fmt: skip
async def test_a_wrong_value_is_named(search: Get, name: str, value: str) -> None:
    problem = await search("gull", expect=400, **{name: value})
    assert [error["pointer"] for error in problem["errors"]] == [name]


async def test_an_excluded_word_may_stand_in_the_text_below_a_note_that_matches(search: Get) -> None:
    for item in (await search("gull -nuisance", lang="en", limit=50))["items"]:
        assert item["num"] != "2", "section 2 has the excluded word in its text"
