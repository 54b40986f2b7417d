"""Whatever is typed, the answer is a result or a 400 that says why; never a 500."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.policy.search.conftest import Get


@pytest.mark.parametrize(
    "query",
    [
        "the of and", "!!!", "&|!():*<->", "''\\'\\", "'; DROP TABLE version; --", '"', '""', '"unclosed phrase',
        "-", "--", "-lantern", "- lantern", "OR", "or or or", "OR OR", "lantern OR", "%", "_", "\\", "x" * 400,
        "a " * 200, "\u200b\u00ad", "\x01\x02", "§ 5", "日本語", "🙂", "\uffff", "ﬁre", "İstanbul", "1e999999",
        "http://example.org/a?b=c", "a.b.c@d.e", "NaN", "null", "$1", "{1,2}", "1/0", "-1 -2 -3",
    ],
)  # fmt: skip
async def test_odd_queries_are_answered(get: Get, query: str) -> None:
    for path in ("/api/v1/search", "/api/v1/suggest"):
        for lang in ({}, {"lang": "en"}, {"lang": "fr"}, {"lang": "de"}):
            assert isinstance((await get(path, q=query, **lang))["items"], list)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60))
async def test_any_text_is_answered(get: Get, query: str) -> None:
    for path in ("/api/v1/search", "/api/v1/suggest"):
        assert isinstance((await get(path, q=query))["items"], list)


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"q": "x" * 401}, "q"), ({"q": "x" * 8_000}, "q"), ({"q": ""}, "q"), ({}, "q"), ({"q": "a\x00b"}, "q"),
        ({"q": "a", "limit": "0"}, "limit"), ({"q": "a", "limit": "201"}, "limit"), ({"q": "a", "limit": "x"}, "limit"),
        ({"q": "a", "lang": "'; --"}, "lang"), ({"q": "a", "kind": "a'b"}, "kind"),
        ({"q": "a", "cursor": "x"}, "cursor"),
        ({"q": "a", "colour": "blue"}, "colour"), ({"q": "a", "status": "In Force"}, "status"),
    ],
)  # fmt: skip
async def test_bad_parameters_are_named(get: Get, params: dict[str, str], pointer: str) -> None:
    problem = await get("/api/v1/search", expect=400, **params)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_suggestions_name_bad_parameters_too(get: Get) -> None:
    problem = await get("/api/v1/suggest", expect=400, q="a", limit="21", kind="act")
    assert {error["pointer"] for error in problem["errors"]} == {"limit", "kind"}


async def test_only_what_is_not_wanted_finds_nothing(get: Get) -> None:
    assert (await get("/api/v1/search", q="-lantern", lang="en"))["items"] == []
