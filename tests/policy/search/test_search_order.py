"""What comes first: exact keys, then headings and notes, then text; what is not law comes later."""

from typing import Any

import pytest

from tests.policy.search.conftest import Get


def _places(answer: Any) -> list[tuple[str, str]]:
    return [(item["work"]["number"], item["num"]) for item in answer["items"]]


@pytest.mark.parametrize(
    "query", ["Harbour Parks Act", "harbour parks act", "HARBOUR PARKS ACT!", "  harbour—parks  act "]
)
async def test_a_title_finds_its_work_first(search: Get, query: str) -> None:
    first = (await search(query, lang="en"))["items"][0]
    assert (first["work"]["number"], first["eid"], first["match"]) == ("P-14", "", "title")
    assert first["href"] == "/api/v1/policies/ca/act/P-14/en@2020-01-01"
    assert first["work"]["href"] == "/api/v1/policies/ca/act/P-14"


async def test_a_title_without_the_word_for_its_kind_finds_its_work_first(search: Get) -> None:
    first = (await search("harbour parks", lang="en"))["items"][0]
    assert (first["work"]["number"], first["eid"], first["match"]) == ("P-14", "", "title")


@pytest.mark.parametrize(
    "query",
    ["R.S.C., 1985, c. P-14", "RSC 1985 c P-14", "r.s.c. 1985, chapter P-14", "L.R.C. (1985), ch. P-14", "P-14", "p14"],
)
async def test_a_citation_in_any_form_finds_its_work_first(search: Get, query: str) -> None:
    first = (await search(query, lang="en"))["items"][0]
    assert (first["work"]["number"], first["match"]) == ("P-14", "citation")


@pytest.mark.parametrize("query", ["SOR/2011-246", "sor 2011-246", "DORS/2011-246", "SOR-2011-246"])
async def test_both_languages_name_an_instrument(search: Get, query: str) -> None:
    answer = await search(query, lang="en")
    assert _places(answer)[0] == ("SOR-2011-246", "")


async def test_a_defined_term_comes_before_notes_and_text(search: Get) -> None:
    answer = await search("foreshore", lang="en")
    assert _places(answer)[:2] == [("P-14", "2"), ("P-14", "3")]
    assert [item["match"] for item in answer["items"][:2]] == ["term", "note"]
    assert ("SOR-2011-246", "3") in _places(answer)


async def test_a_note_comes_before_text(search: Get) -> None:
    answer = await search("age of keepers", lang="en")
    assert (_places(answer)[0], answer["items"][0]["match"]) == (("SOR-2011-246", "2"), "note")


async def test_a_phrase_comes_before_the_same_words_apart(search: Get) -> None:
    answer = await search("the keeper of the lantern", lang="en")
    assert _places(answer)[0] == ("SOR-2011-246", "2")
    assert ("P-14", "4") in _places(answer)


async def test_what_is_not_in_force_is_found_marked_and_later(search: Get) -> None:
    answer = await search("lights commits offence", lang="en")
    found = [(item["num"], item["status"]) for item in answer["items"][:2]]
    assert found == [("6", "in-force"), ("5", "not-in-force")]


async def test_a_repealed_work_says_so(search: Get) -> None:
    answer = await search("quarantine", lang="en")
    assert {item["work"]["status"] for item in answer["items"]} == {"repealed"}


async def test_the_path_names_the_headings_above(search: Get) -> None:
    answer = await search("fires on the foreshore", lang="en")
    first = answer["items"][0]
    assert first["path"] == ["PART 2 Lanterns and Fires"]
    assert first["href"].endswith("/en@2020-01-01/~sec_3")
    assert (first["eid"], first["heading"]) == ("sec_3", "Fires on the foreshore")


async def test_scores_descend_and_the_total_is_told(search: Get) -> None:
    answer = await search("lantern", lang="en", limit=100)
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert answer["total"] == {"value": len(scores), "exact": True}


async def test_a_question_is_answered_by_its_rarest_words(search: Get) -> None:
    answer = await search("how old must somebody be to become keeper aboard", lang="en")
    assert ("SOR-2011-246", "2") in _places(answer)[:3]
    assert answer["corrected"] is None


async def test_a_slash_parts_words(search: Get) -> None:
    assert _places(await search("horn lanterns", lang="en"))[0] == ("SOR-2011-246", "1")


async def test_operators(search: Get) -> None:
    assert ("P-14", "6") not in _places(await search("lantern -offence", lang="en", limit=50))
    either = _places(await search("bells OR berth", lang="en"))
    assert {("2016-04", "2"), ("SOR-2011-246", "3")} <= set(either)
    assert _places(await search('"church bells"', lang="en")) == [("2016-04", "2")]
    assert _places(await search('"bells church"', lang="en")) == []


@pytest.mark.parametrize(
    "query",
    [
        "section 4 of the Harbour Parks Act", "harbour parks act s. 4", "Harbour Parks Act, section 4(1)", "s 4 P-14",
        "R.S.C., 1985, c. P-14, s. 4", "§ 4 Harbour Parks Act",
    ],
)  # fmt: skip
async def test_a_section_named_with_its_work_comes_first(search: Get, query: str) -> None:
    first = (await search(query, lang="en"))["items"][0]
    assert (first["work"]["number"], first["eid"], first["match"]) == ("P-14", "sec_4", "citation")


async def test_a_section_is_named_in_french_too(search: Get) -> None:
    first = (await search("article 3 de la Loi sur les parcs portuaires", lang="fr"))["items"][0]
    assert (first["lang"], first["eid"]) == ("fr", "sec_3")
