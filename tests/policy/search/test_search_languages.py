"""Accents, elisions and stems, in each language by its own rules."""

import pytest

from tests.policy.search.conftest import Get


@pytest.mark.parametrize("query", ["école", "ecole", "l’école", "l'ecole", "ÉCOLE", "e\u0301cole", "écoles", "d'école"])
async def test_accents_case_and_elisions_do_not_matter(search: Get, query: str) -> None:
    answer = await search(query, lang="fr")
    assert (answer["items"][0]["num"], answer["items"][0]["lang"]) == ("2", "fr")


async def test_each_language_is_stemmed_by_its_own_rules(search: Get) -> None:
    assert (await search("allumé des feux", lang="fr"))["items"][0]["num"] == "3"
    assert (await search("lighting fires", lang="en"))["items"][0]["num"] == "3"


async def test_a_language_finds_only_its_own_texts(search: Get) -> None:
    answer = await search("P-14", lang="fr")
    assert {item["lang"] for item in answer["items"]} == {"fr"}
    assert answer["items"][0]["href"] == "/api/v1/policies/ca/act/P-14/fr@2020-01-01"


async def test_without_a_language_all_are_searched(search: Get) -> None:
    answer = await search("P-14")
    assert {item["lang"] for item in answer["items"][:2]} == {"en", "fr"}


async def test_a_language_without_texts_finds_nothing(search: Get) -> None:
    assert (await search("foreshore", lang="de"))["total"] == {"value": 0, "exact": True}


async def test_an_unaccented_phrase_is_marked_in_the_accented_text(search: Get) -> None:
    item = (await search("ecole du phare", lang="fr"))["items"][0]
    assert {"text": "école", "hit": True} in item["snippet"]
    assert "".join(segment["text"] for segment in item["snippet"]).startswith("L’école du phare")
