"""Questions as people ask them: the passage that covers most of the telling words in the least text comes first."""

import pytest

from tests.policy.search.conftest import Get

_QUESTION = "When does a whelk licence expire if its holder moves to a different port?"


async def test_an_answer_comes_before_a_long_passage_that_happens_to_have_all_words(search: Get) -> None:
    items = (await search(_QUESTION, lang="en"))["items"]
    assert [(item["work"]["number"], item["num"]) for item in items[:2]] == [("W-2", "1"), ("W-2", "2")]


async def test_more_of_the_telling_words_come_before_fewer(search: Get) -> None:
    items = (await search("May whelk be landed on any Sunday of the season?", lang="en"))["items"]
    scores = {item["num"]: item["score"] for item in items if item["work"]["number"] == "W-2"}
    assert scores["3"] > scores["1"] > scores["2"] > 0
    assert all(score < 1 for score in scores.values()), "none has all the words"


async def test_a_quotation_inside_a_question_does_not_bind_when_nothing_has_it(search: Get) -> None:
    asked = 'What is meant by a "whelk licence forever" of a holder who moves to another port?'
    answer = await search(asked, lang="en")
    assert answer["corrected"] == asked.replace('"', "")
    assert answer["items"][0]["num"] == "1"
    assert (await search('licence of a "whelk licence" holder', lang="en"))["corrected"] is None


@pytest.mark.parametrize(
    "query", ['"whelk licence forever"', '"whelk forever" licence', 'a whelk "by night" -port day']
)
async def test_other_quotations_bind(search: Get, query: str) -> None:
    answer = await search(query, lang="en")
    assert (answer["items"], answer["corrected"]) == ([], None)
