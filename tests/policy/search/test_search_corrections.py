"""Slips are mended when little is found, and the answer says so."""

import pytest

from services.policy.search.corrections import closest, slips
from tests.policy.search.conftest import Get


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("forshore", "foreshore"),
        ("harbuor parks", "harbour parks"),
        ("fires on the foreshoer", "fires on the foreshore"),
    ],
)
async def test_an_unknown_word_is_corrected(search: Get, query: str, corrected: str) -> None:
    answer = await search(query, lang="en")
    assert answer["corrected"] == corrected
    assert answer["query"] == query
    assert answer["items"][0]["work"]["number"] == "P-14"


async def test_known_words_and_nonsense_are_left_alone(search: Get) -> None:
    assert (await search("foreshore", lang="en"))["corrected"] is None
    assert (await search("zzxqwv", lang="en"))["corrected"] is None
    assert (await search("zzxqwv", lang="en"))["items"] == []


async def test_operators_are_not_corrected(search: Get) -> None:
    assert (await search('"forshore"', lang="en"))["items"] == []


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("permit", "permit", 0), ("permit", "premit", 1), ("permit", "permits", 1), ("ab", "ba", 1), ("", "abc", 3)],
)
def test_slips_are_counted(one: str, other: str, count: int) -> None:
    assert slips(one, other) == slips(other, one) == count


def test_the_nearest_word_wins_and_then_the_more_used() -> None:
    assert closest("permt", [("permits", 90), ("permit", 3)]) == "permit"
    assert closest("cat", [("car", 3), ("can", 9)]) == "can"
    assert closest("cat", [("dog", 3)]) is None
    assert closest("cat", [("cat", 3)]) is None
